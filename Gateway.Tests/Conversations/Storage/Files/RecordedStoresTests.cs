using System.Globalization;
using System.Text;

using Gateway.Conversations;
using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;
using Gateway.Primitives.Json;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Conversations.Storage.Files;

/// <summary>What real servers sent, against what their stores give through ours.</summary>
public class RecordedStoresTests
{
    private const string Event = "42[\"oh_event\",";

    public static TheoryData<string> Names() => [.. Recording.WithStore()];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task ReadAsync_RecordedStore_GivesWhatClientsWereSent(string name)
    {
        var stored = await StoredAsync(name);

        foreach (var text in new Recording(name).Received(Event))
        {
            JsonTree.TryReadObject(Encoding.UTF8.GetBytes(text[..^1]), out var sent).Should().BeTrue();
            if (sent["id"] is not JValue { Value: long })
            {
                continue;
            }

            if (stored.TryGetValue(KeyOf(sent), out var shown))
            {
                Strip(sent);
                EventWriter.Encode(sent).Span.SequenceEqual(EventWriter.Encode(shown).Span).Should().BeTrue(text);
            }
            else
            {
                // V0 kept two of its conversations outside the store, and two were deleted at the end.
                name.Should().BeOneOf("v0/refusals", "v0-0.40/refusals", "v0/rest-life", "v0/rest-life-no-agent");
            }
        }
    }

    [Fact]
    public async Task ReadAsync_GapsInStore_GivesTheEventsThatStandOnlyInAPage()
    {
        var (log, expected) = await OpenAsync(Recording.Named("gaps-in-store"));
        var sent = new Recording("v0/gaps-in-store").Received(Event)
            .Select(static text => JObject.Parse(text[..^1])).Where(static json => json["id"]?.Type == JTokenType.Integer)
            .Select(static json => (int)(json["id"] ?? -1)).Distinct().ToList();

        var (events, corrupt) = await TestStore.ReadAllAsync(log);

        corrupt.Should().BeEmpty();
        log.Head.Should().Be(expected);
        events.Select(static stored => stored.Id).Should().Contain(sent.Where(id => id <= log.Head)).And.BeInAscendingOrder();
        events.Should().HaveCount(log.Head + 1);
        Recording.EventFiles(Recording.Named("gaps-in-store").Store)
            .Should()
            .HaveCountLessThan(events.Count, "the recording took files away");
    }

    [Fact]
    public async Task ReadAsync_CorruptEvent_IsLeftOutAndReported()
    {
        var (log, head) = await OpenAsync(Recording.Named("corrupt-event"));

        var (events, corrupt) = await TestStore.ReadAllAsync(log);

        events.Select(static stored => stored.Id).Should().Equal(Enumerable.Range(0, head + 1).Except([4]));
        corrupt.Should().Equal(new CorruptEvent(4, "events/4.json is cut off or not JSON"));
    }

    private static async Task<(IEventLog Log, int Head)> OpenAsync(Recording recording)
    {
        var conversation = Directory.EnumerateDirectories(Path.Combine(recording.Store, "sessions")).Single();
        var highest = Recording
            .EventFiles(recording.Store)
            .Max(static path => int.Parse(Path.GetFileNameWithoutExtension(path), CultureInfo.InvariantCulture));
        var log = await TestStore.Logs(recording.Store).OpenAsync(TestStore.Key(Path.GetFileName(conversation)), CancellationToken.None);
        return (log, highest);
    }

    /// <summary>A recording can have several conversations, so an id alone names no event.</summary>
    private static async Task<Dictionary<string, JObject>> StoredAsync(string name)
    {
        var stored = new Dictionary<string, JObject>();
        var recording = new Recording(name);
        var conversations = from root in new[] { recording.Store, recording.StoreAfter }
                            let sessions = Path.Combine(root, "sessions")
                            where Directory.Exists(sessions)
                            from conversation in Directory.EnumerateDirectories(sessions)
                            let id = Path.GetFileName(conversation)
                            where ConversationId.TryParse(id, out _)
                            select (root, id);
        foreach (var (root, id) in conversations)
        {
            var log = await TestStore.Logs(root).OpenAsync(TestStore.Key(id), CancellationToken.None);
            foreach (var (_, json) in (await TestStore.ReadAllAsync(log)).Events)
            {
                var bytes = Encoding.UTF8.GetBytes(json);
                EventScanner.Scan(bytes, out var header, out _).Should().Be(ScanStatus.Ok);
                JsonTree.TryReadObject(header.NeedsRewrite ? LegacyRewriter.Rewrite(bytes).Span : bytes, out var shown).Should().BeTrue();
                var key = KeyOf(shown);
                Strip(shown);
                stored[key] = shown;
            }
        }

        return stored;
    }

    private static string KeyOf(JObject json) => $"{json["id"]} {json["timestamp"]}";

    /// <summary>Live frames differ in these two (PROTOCOL.md, "V0 stored and shown").</summary>
    private static void Strip(JObject json)
    {
        json.Remove("source");
        json.Remove("timeout");
    }
}
