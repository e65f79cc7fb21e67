using System.Text;

using Gateway.EngineIO.Protocol;

namespace Gateway.Tools.Load.Sockets;

/// <summary>A server's answer to the opening handshake (RFC 6455, 4.1), as far as a load needs it. Pure; any thread.</summary>
internal static class UpgradeAnswer
{
    private const string NoHttp = "this is no HTTP server";
    private const string Extensions = "Sec-WebSocket-Extensions:";
    private const int LongestBody = 200;

    private static ReadOnlySpan<byte> HeadersEnd => "\r\n\r\n"u8;

    /// <summary>What the server has agreed to compress; null for nothing. Of a head that <see cref="Read"/> takes for an answer.</summary>
    public static DeflateTerms? Compression(ReadOnlySpan<byte> head)
    {
        foreach (var line in Encoding.Latin1.GetString(head).Split("\r\n"))
        {
            if (line.StartsWith(Extensions, StringComparison.OrdinalIgnoreCase))
            {
                return DeflateTerms.Find(line.AsSpan(Extensions.Length));
            }
        }

        return null;
    }

    /// <summary>True when the WebSocket is open, false when it was refused, null while the answer is not all there.</summary>
    /// <param name="bytes">What has come.</param>
    /// <param name="size">The bytes of the answer's head.</param>
    /// <param name="problem">What the server says instead.</param>
    public static bool? Read(ReadOnlySpan<byte> bytes, out int size, out string problem)
    {
        (size, problem) = (0, NoHttp);
        var end = bytes.IndexOf(HeadersEnd);
        if (end < 0)
        {
            return null;
        }

        size = end + HeadersEnd.Length;
        var head = bytes[..end];
        if (head.StartsWith("HTTP/1.1 101"u8))
        {
            return true;
        }

        if (head.StartsWith("HTTP/1."u8))
        {
            var line = head[..(head.IndexOf((byte)'\r') is var first and >= 0 ? first : head.Length)];
            var body = Encoding.UTF8.GetString(bytes.Slice(size, Math.Min(bytes.Length - size, LongestBody))).Trim();
            problem = Encoding.UTF8.GetString(line[(line.IndexOf((byte)' ') + 1)..]) + (body.Length > 0 ? $" ({body})" : "");
        }

        return false;
    }
}
