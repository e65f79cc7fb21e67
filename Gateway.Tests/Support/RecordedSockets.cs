using System.Text.Json;

namespace Gateway.Tests.Support;

/// <summary>The WebSocket messages of a recording, in order.</summary>
internal static class RecordedSockets
{
    /// <summary>What follows <paramref name="prefix"/> in the texts that clients sent with it.</summary>
    public static List<string> Sent(string name, string prefix) => Messages(name, "send", prefix);

    /// <summary>What follows <paramref name="prefix"/> in the texts that clients got with it.</summary>
    public static List<string> Received(string name, string prefix) => Messages(name, "receive", prefix);

    private static List<string> Messages(string name, string direction, string prefix)
    {
        using var har = JsonDocument.Parse(File.ReadAllBytes(ProtocolFixtures.PathOf(name, "session.har")));
        return
        [
            .. from entry in har.RootElement.GetProperty("log").GetProperty("entries").EnumerateArray()
               where entry.TryGetProperty("_webSocketMessages", out _)
               from message in entry.GetProperty("_webSocketMessages").EnumerateArray()
               let text = message.GetProperty("data").GetString() ?? ""
               where message.GetProperty("type").GetString() == direction && text.StartsWith(prefix, StringComparison.Ordinal)
               select text[prefix.Length..],
        ];
    }
}
