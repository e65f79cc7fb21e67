using System.Globalization;
using System.Text.Unicode;

namespace Gateway.EngineIO.Protocol;

/// <summary>The content of the packet that opens a session. Pure; any thread.</summary>
internal static class OpenPacket
{
    // 100 characters of its own, a sid of 20 and three numbers.
    private const int MaxLength = 256;

    /// <summary>The JSON after the type digit, its keys in the order of the V0 server.</summary>
    public static EnginePacket Create(
        string sid, bool mayUpgrade, TimeSpan pingInterval, TimeSpan pingTimeout, int maxPayload)
    {
        // The sid is of characters that JSON takes as they are.
        Span<byte> json = stackalloc byte[MaxLength];
        Utf8.TryWrite(
            json,
            CultureInfo.InvariantCulture,
            $$"""{"sid":"{{sid}}","upgrades":[{{(mayUpgrade ? "\"websocket\"" : "")}}],"pingTimeout":{{(long)pingTimeout.TotalMilliseconds}},"pingInterval":{{(long)pingInterval.TotalMilliseconds}},"maxPayload":{{maxPayload}}}""",
            out var length);
        return new EnginePacket(EnginePacketType.Open, json[..length].ToArray());
    }
}
