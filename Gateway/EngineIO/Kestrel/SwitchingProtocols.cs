using System.Buffers;
using System.Text;

namespace Gateway.EngineIO.Kestrel;

/// <summary>Writes the answer that turns a connection into a WebSocket. Stateless.</summary>
internal static class SwitchingProtocols
{
    // Our own values are short; the origin came in a head of bounded length.
    private const int MaxLength = RequestHead.MaxLength + 1_024;

    /// <summary>Throws when the connection is closed.</summary>
    public static async ValueTask WriteAsync(Stream stream, HeaderDictionary headers)
    {
        var answer = ArrayPool<byte>.Shared.Rent(MaxLength);
        try
        {
            await stream.WriteAsync(answer.AsMemory(0, Format(answer, headers)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(answer);
        }
    }

    private static int Format(Span<byte> answer, HeaderDictionary headers)
    {
        // The values are our own, and an origin of printable ASCII: nothing in them can end a line.
        var length = Append(answer, 0, "HTTP/1.1 101 Switching Protocols\r\n");
        foreach (var (name, values) in headers)
        {
            length = Append(answer, length, name);
            length = Append(answer, length, ": ");
            length = Append(answer, length, values.ToString());
            length = Append(answer, length, "\r\n");
        }

        return Append(answer, length, "\r\n");
    }

    private static int Append(Span<byte> answer, int length, string text) => length + Encoding.ASCII.GetBytes(text, answer[length..]);
}
