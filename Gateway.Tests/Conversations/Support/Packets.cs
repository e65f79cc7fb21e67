using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Conversations.Support;

/// <summary>Says what a packet of the server is in a few characters, so that a test can compare sequences. Pure.</summary>
internal static class Packets
{
    private const string EventHead = "2[\"oh_event\",";

    /// <summary>
    /// <c>7</c> for the event 7, <c>CONNECT</c>, <c>DISCONNECT</c>, <c>REFUSED text</c>, <c>ACK 3[]</c>, the id of a status update,
    /// <c>error: text</c>, <c>state: text</c> for an agent state without id.
    /// </summary>
    public static string Show(string packet) => packet[0] switch
    {
        '0' => "CONNECT",
        '1' => "DISCONNECT",
        '3' => $"ACK {packet[1..]}",
        '4' => $"REFUSED {JObject.Parse(packet[1..])["message"]}",
        _ => ShowEvent(Event(packet)),
    };

    /// <summary>The argument of an <c>oh_event</c>.</summary>
    public static JObject Event(string packet)
    {
        packet.Should().StartWith(EventHead);
        return JObject.Parse(packet[EventHead.Length..^1]);
    }

    private static string ShowEvent(JObject json)
    {
        if (json["error"] is not null)
        {
            return $"error: {json["message"]}";
        }

        return json["id"]?.ToString() ?? $"state: {json["extras"]?["agent_state"]}";
    }
}
