using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.Clients;

/// <summary>
/// Every recorded store opens and replays through the program: the events that V0 sent, by id and content, once each, in order.
/// </summary>
public sealed class StoreReplayTests
{
    public static TheoryData<string> Recordings => [.. Recording.WithStore()];

    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task Connect_ToAStoreBeforeTheSession_GivesWhatV0Gave(string name) =>
        await ReplayAsync(new Recording(name), static r => r.CopyStore());

    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task Connect_ToAStoreAfterTheSession_GivesWhatV0Gave(string name) =>
        await ReplayAsync(new Recording(name), static r => r.CopyStoreAfter());

    [Theory]
    [InlineData("v0/replay-full", 10)]
    [InlineData("v0/replay-many-pages", 24)]
    [InlineData("v0/replay-many-pages", 60)]
    [InlineData("v0/gaps-in-store", 30)]
    public async Task Connect_WithTheLastIdSeen_GivesWhatFollows(string name, int latestEventId)
    {
        using var store = new Recording(name).CopyStoreAfter();
        var conversation = store.Conversations().Single();
        await using var host = await GatewayHost.StartAsync(store);

        var replayed = await ReadReplayAsync(host, conversation, latestEventId);

        Ids(replayed).Should().Equal(ReplayRules.Apply(store.Events(conversation), latestEventId).Select(static e => e.Id));
    }

    private static async Task ReplayAsync(Recording recording, Func<Recording, TempStore> copy)
    {
        using var store = copy(recording);
        await using var host = await GatewayHost.StartAsync(store);
        // One recording has a damaged event on purpose.
        host.Expect("cannot be shown and is skipped");
        var onTheWire = recording.EventsOnTheWire();
        foreach (var conversation in store.Conversations())
        {
            var expected = ReplayRules.Apply(store.Events(conversation));

            var replayed = await ReadReplayAsync(host, conversation);

            Ids(replayed).Should().Equal(expected.Select(static e => e.Id));
            foreach (var (shown, stored) in replayed.Zip(expected))
            {
                Differences(shown, stored.Json).Should().BeEmpty("event {0} is shown as it is stored", stored.Id);
                foreach (var recorded in onTheWire[(conversation, stored.Id)])
                {
                    Differences(shown, recorded).Except(["source", "timeout"])
                        .Should().BeEmpty("event {0} is shown as V0 showed it: {1}", stored.Id, recorded);
                }
            }
        }
    }

    private static async Task<IReadOnlyList<JToken>> ReadReplayAsync(GatewayHost host, string conversation, int latestEventId = -1)
    {
        await using var client = new HandWrittenClient([]);
        await client.ConnectAsync(new Visit(host.Address, conversation, latestEventId));
        var events = new List<JToken>();
        while (await client.Seen.ReadAsync().AsTask().WaitAsync(TestLimits.Step) is { On: not "connect" } seen)
        {
            seen.On.Should().Be("event", "{0}", seen.Value);
            events.Add(seen.Value);
        }

        return events;
    }

    private static IEnumerable<int> Ids(IEnumerable<JToken> events) => events.Select(static e => e.Value<int>("id"));

    private static IEnumerable<string> Differences(JToken shown, JToken other) =>
        ((JObject)shown).Properties().Concat(((JObject)other).Properties())
            .Select(static property => property.Name)
            .Distinct()
            .Where(name => !JToken.DeepEquals(shown[name], other[name]));
}
