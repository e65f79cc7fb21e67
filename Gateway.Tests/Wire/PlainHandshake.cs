using System.Text;

using Gateway.Tests.Support;

namespace Gateway.Tests.Wire;

/// <summary>A WebSocket handshake as the tests of the front door write it.</summary>
internal static class PlainHandshake
{
    public const string Target = "/engine.io/?EIO=4&transport=websocket";
    public const string Upgrade =
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

    public const string Head = $"GET {Target} HTTP/1.1\r\nHost: localhost\r\n{Upgrade}";

    /// <summary>Allowed in a header, and unusual: the middleware leaves it to the server.</summary>
    public const string Unusual = "X-Tab: a\tb";

    /// <summary>Besides those that every handshake has: what Kestrel's HTTP serves has a header that the middleware leaves to it.</summary>
    public static string[] Headers(bool direct) => direct ? [] : [Unusual];

    /// <summary>True for an answer of the middleware's, which has no date.</summary>
    public static bool IsDirect(RawHttpResponse response) => response.Header("Date") is null;

    /// <summary>All that has come when <paramref name="end"/> has.</summary>
    public static async Task<string> ReadUntilAsync(Stream stream, string end)
    {
        var text = "";
        var buffer = new byte[4_096];
        while (!text.Contains(end, StringComparison.Ordinal))
        {
            var count = await stream.ReadAsync(buffer).AsTask().WaitAsync(TestLimits.Step);
            count.Should().BePositive("it ended after {0}", text);
            text += Encoding.Latin1.GetString(buffer, 0, count);
        }

        return text;
    }
}
