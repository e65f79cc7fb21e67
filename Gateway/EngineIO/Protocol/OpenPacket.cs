using System.Buffers;
using System.Text.Json;

namespace Gateway.EngineIO.Protocol;

/// <summary>The content of the packet that opens a session. Pure; any thread.</summary>
internal static class OpenPacket
{
    /// <summary>The JSON after the type digit, its keys in the order of the V0 server.</summary>
    public static EnginePacket Create(
        string sid, bool mayUpgrade, TimeSpan pingInterval, TimeSpan pingTimeout, int maxPayload)
    {
        var buffer = new ArrayBufferWriter<byte>(128);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("sid"u8, sid);
            json.WriteStartArray("upgrades"u8);
            if (mayUpgrade)
            {
                json.WriteStringValue("websocket"u8);
            }

            json.WriteEndArray();
            json.WriteNumber("pingTimeout"u8, (long)pingTimeout.TotalMilliseconds);
            json.WriteNumber("pingInterval"u8, (long)pingInterval.TotalMilliseconds);
            json.WriteNumber("maxPayload"u8, maxPayload);
            json.WriteEndObject();
        }

        return new EnginePacket(EnginePacketType.Open, buffer.WrittenMemory);
    }
}
