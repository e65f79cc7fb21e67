using System.Text;

using Gateway.Conversations.Events;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Conversations.Events;

/// <summary>What real servers sent, against what their stores hold after our rewrites.</summary>
public class RecordedDeliveryTests
{
    private const string Event = "42[\"oh_event\",";

    public static TheoryData<string> Names() => [.. ProtocolFixtures.Names()];

    [Theory]
    [MemberData(nameof(Names))]
    public void Rewrite_EveryStoredEvent_IsWhatClientsWereSent(string name)
    {
        var stored = Stored(name);

        foreach (var text in RecordedSockets.Received(name, Event))
        {
            EventJsonReader.TryReadObject(Encoding.UTF8.GetBytes(text[..^1]), out var sent).Should().BeTrue();
            if (sent["id"] is JValue { Value: long } && stored.TryGetValue(KeyOf(sent), out var shown))
            {
                Strip(sent);
                EventWriter.Encode(sent).Should().Equal(EventWriter.Encode(shown), text);
            }
            else if (sent["id"] is JValue { Value: long })
            {
                // V0 kept two of its conversations outside the store.
                name.Should().EndWith("/refusals", text);
            }
        }
    }

    /// <summary>A recording can have several conversations, so an id alone names no event.</summary>
    private static Dictionary<string, JObject> Stored(string name)
    {
        var stored = new Dictionary<string, JObject>();
        foreach (var file in ProtocolFixtures.EventFiles(name))
        {
            var json = File.ReadAllBytes(file);
            if (EventScanner.Scan(json, out var header, out _) == ScanStatus.Ok)
            {
                EventJsonReader.TryReadObject(header.NeedsRewrite ? LegacyRewriter.Rewrite(json).Span : json, out var shown).Should().BeTrue();
                var key = KeyOf(shown);
                Strip(shown);
                stored[key] = shown;
            }
        }

        return stored;
    }

    private static string KeyOf(JObject json) => $"{json["id"]} {json["timestamp"]}";

    /// <summary>Live frames differ in these two (facts G.1).</summary>
    private static void Strip(JObject json)
    {
        json.Remove("source");
        json.Remove("timeout");
    }
}
