using System.Text;

using Gateway.Conversations.Events;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Conversations.Storage;

/// <summary>What real servers sent, against what their stores give through ours.</summary>
public class RecordedStoresTests
{
    private const string Event = "42[\"oh_event\",";

    public static TheoryData<string> Names() => [.. ProtocolFixtures.Names()];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task ReadAsync_RecordedStore_GivesWhatClientsWereSent(string name)
    {
        var stored = await StoredAsync(name);

        foreach (var text in RecordedSockets.Received(name, Event))
        {
            EventJsonReader.TryReadObject(Encoding.UTF8.GetBytes(text[..^1]), out var sent).Should().BeTrue();
            if (sent["id"] is not JValue { Value: long })
            {
                continue;
            }

            if (stored.TryGetValue(KeyOf(sent), out var shown))
            {
                Strip(sent);
                EventWriter.Encode(sent).Should().Equal(EventWriter.Encode(shown), text);
            }
            else
            {
                // V0 kept two of its conversations outside the store.
                name.Should().EndWith("/refusals", text);
            }
        }
    }

    [Fact]
    public async Task ReadAsync_GapsInStore_GivesTheEventsThatStandOnlyInAPage()
    {
        var (log, expected) = await OpenAsync("v0/gaps-in-store", "store");
        var sent = RecordedSockets.Received("v0/gaps-in-store", Event)
            .Select(static text => JObject.Parse(text[..^1])).Where(static json => json["id"]?.Type == JTokenType.Integer)
            .Select(static json => (int)(json["id"] ?? -1)).Distinct().ToList();

        var (events, corrupt) = await TestStore.ReadAllAsync(log);

        corrupt.Should().BeEmpty();
        log.Head.Should().Be(expected);
        events.Select(static stored => stored.Id).Should().Contain(sent.Where(id => id <= log.Head)).And.BeInAscendingOrder();
        events.Should().HaveCountLessThan(log.Head + 1);
    }

    [Fact]
    public async Task ReadAsync_CorruptEvent_IsLeftOutAndReported()
    {
        var (log, head) = await OpenAsync("v0/corrupt-event", "store");

        var (events, corrupt) = await TestStore.ReadAllAsync(log);

        events.Select(static stored => stored.Id).Should().Equal(Enumerable.Range(0, head + 1).Except([4]));
        corrupt.Should().Equal(new Gateway.Conversations.Storage.CorruptEvent(4, "events/4.json is cut off or not JSON"));
    }

    private static async Task<(Gateway.Conversations.Storage.IEventLog Log, int Head)> OpenAsync(string name, string store)
    {
        var conversation = Directory.EnumerateDirectories(ProtocolFixtures.PathOf(name, store, "sessions")).Single();
        var highest = Directory.EnumerateFiles(Path.Combine(conversation, "events")).Max(static path => int.Parse(Path.GetFileNameWithoutExtension(path), null));
        return (await TestStore.Open(ProtocolFixtures.PathOf(name, store))
            .OpenLogAsync(TestStore.Key(Path.GetFileName(conversation)), CancellationToken.None), highest);
    }

    /// <summary>A recording can have several conversations, so an id alone names no event.</summary>
    private static async Task<Dictionary<string, JObject>> StoredAsync(string name)
    {
        var stored = new Dictionary<string, JObject>();
        var conversations = from store in new[] { "store", "store-after" }
                            let sessions = ProtocolFixtures.PathOf(name, store, "sessions")
                            where Directory.Exists(sessions)
                            from conversation in Directory.EnumerateDirectories(sessions)
                            where Gateway.Conversations.ConversationId.TryParse(Path.GetFileName(conversation), out _)
                            select (Root: ProtocolFixtures.PathOf(name, store), Id: Path.GetFileName(conversation));
        foreach (var (root, id) in conversations)
        {
            var log = await TestStore.Open(root).OpenLogAsync(TestStore.Key(id), CancellationToken.None);
            foreach (var (_, json) in (await TestStore.ReadAllAsync(log)).Events)
            {
                var bytes = Encoding.UTF8.GetBytes(json);
                EventScanner.Scan(bytes, out var header, out _).Should().Be(ScanStatus.Ok);
                EventJsonReader.TryReadObject(header.NeedsRewrite ? LegacyRewriter.Rewrite(bytes).Span : bytes, out var shown).Should().BeTrue();
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
