using System.Text;

namespace Gateway.Agents.V1.Rest;

/// <summary>Shows a file's bytes as V0 shows files. Pure.</summary>
internal static class WorkspaceText
{
    private const int BinarySample = 1_024;

    public static bool IsBinary(ReadOnlySpan<byte> bytes) => bytes[..Math.Min(bytes.Length, BinarySample)].Contains((byte)0);

    /// <summary>What is no UTF-8 becomes replacement characters; line ends become line feeds.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes) =>
        Encoding.UTF8.GetString(bytes).Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
}
