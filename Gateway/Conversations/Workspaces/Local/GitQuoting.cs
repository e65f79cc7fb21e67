using System.Text;

namespace Gateway.Conversations.Workspaces.Local;

/// <summary>Writes a file's name as git does in its lists: as it is, or in quotes with escapes where it is not plain ASCII. Pure.</summary>
internal static class GitQuoting
{
    public static string Quote(ReadOnlySpan<byte> name)
    {
        if (!name.ContainsAnyExceptInRange((byte)' ', (byte)'~') && name.IndexOfAny((byte)'"', (byte)'\\') < 0)
        {
            return Encoding.ASCII.GetString(name);
        }

        var quoted = new StringBuilder("\"");
        foreach (var value in name)
        {
            _ = value switch
            {
                (byte)'\a' => quoted.Append("\\a"),
                (byte)'\b' => quoted.Append("\\b"),
                (byte)'\t' => quoted.Append("\\t"),
                (byte)'\n' => quoted.Append("\\n"),
                (byte)'\v' => quoted.Append("\\v"),
                (byte)'\f' => quoted.Append("\\f"),
                (byte)'\r' => quoted.Append("\\r"),
                (byte)'"' => quoted.Append("\\\""),
                (byte)'\\' => quoted.Append("\\\\"),
                < 0x20 or > 0x7E => quoted.Append('\\')
                    .Append((char)('0' + (value >> 6))).Append((char)('0' + ((value >> 3) & 7))).Append((char)('0' + (value & 7))),
                _ => quoted.Append((char)value),
            };
        }

        return quoted.Append('"').ToString();
    }
}
