using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.Clients;

/// <summary>Every client that V0 had, against the whole program over real sockets: each does what its users do with it.</summary>
public sealed class ClientMatrixTests(Chromium chromium) : IClassFixture<Chromium>
{
    private const string Key = "the-right-key";

    public static TheoryData<string> Clients => [.. ClientKind.All.Append(ClientKind.MessagePack).Select(static kind => kind.Name)];

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task Visit_ReplayActAndComeBack_GivesEachEventOnceInOrder(string name)
    {
        var kind = ClientKind.Named(name);
        using var store = Recording.Named("replay-full").CopyStore();
        var conversation = store.Conversations().Single();
        var stored = ReplayRules.Apply(store.Events(conversation));
        await using var host = await GatewayHost.StartAsync(store);
        await using var client = await kind.StartAsync(chromium);

        await client.ConnectAsync(new Visit(host.Address, conversation));
        var replayed = await client.ReadEventsAsync(stored.Count, kind.Transport);
        await client.EmitAsync(Actions.Message("Is anybody there?"), wantsAck: true);
        var acted = await client.ReadAsync("ack", "event");
        await client.LeaveAsync();
        await client.ConnectAsync(new Visit(host.Address, conversation, LatestEventId: stored[^1].Id));
        var afterwards = await client.ReadEventsAsync(1, kind.Transport);

        Ordered(kind, replayed).Should().Equal(Ordered(kind, [.. stored.Select(static e => e.Id)]));
        acted["ack"].Should().BeOfType<JArray>().Which.Should().BeEmpty();
        acted["event"].Value<string>("message").Should().Be("Is anybody there?");
        var own = acted["event"].Value<int>("id");
        own.Should().Be(stored[^1].Id + 1);
        afterwards.Should().Equal(own);
        store.Events(conversation).Should().ContainKey(own);
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task Connect_WithoutConversation_IsRefusedWithTheReason(string name)
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store);
        await using var client = await ClientKind.Named(name).StartAsync(chromium);

        await client.ConnectAsync(new Visit(host.Address, ConversationId: null));
        var seen = await client.ReadAsync("refused");

        seen["refused"].Value<string>().Should().Be("No conversation_id in query params");
        store.Conversations().Should().BeEmpty();
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task Connect_WithAndWithoutTheKey_IsAcceptedOrRefused(string name)
    {
        using var store = Recording.Named("replay-full").CopyStore();
        var conversation = store.Conversations().Single();
        await using var host = await GatewayHost.StartAsync(store, $"SESSION_API_KEY={Key}");
        await using var stranger = await ClientKind.Named(name).StartAsync(chromium);
        await using var client = await ClientKind.Named(name).StartAsync(chromium);

        await stranger.ConnectAsync(new Visit(host.Address, conversation, Key: "a-wrong-key"));
        var refused = await stranger.ReadAsync("refused");
        await client.ConnectAsync(new Visit(host.Address, conversation, LatestEventId: 1_000, Key: Key));
        var accepted = await client.ReadAsync("connect");

        refused["refused"].Value<string>().Should().Be("invalid_session_api_key");
        accepted.Should().ContainKey("connect");
        host.Log.Lines.Should().NotContain(static line => line.Text.Contains(Key, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task Turn_OfTheEchoAgent_IsSeenToItsEnd(string name)
    {
        var kind = ClientKind.Named(name);
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store, "Agent=echo");
        await using var client = await kind.StartAsync(chromium);

        await client.ConnectAsync(new Visit(host.Address, "echo-turn"));
        await client.ReadAsync("connect");
        await client.EmitAsync(Actions.Message("Say it back"));
        var turn = await client.ReadTurnAsync();

        turn.Should().Contain(static e => e.Value<string>("action") == "message" && e.Value<string>("source") == "user");
        turn.Should().Contain(static e => e.Value<string>("action") == "run");
        turn.Should().Contain(static e => e.Value<string>("observation") == "run");
        turn.Should().Contain(static e => e.Value<string>("action") == "message" && e.Value<string>("source") == "agent");
        turn.Select(WireClientReading.IdOf).OfType<int>().Should().OnlyHaveUniqueItems();
    }

    private static IEnumerable<int> Ordered(ClientKind kind, IReadOnlyList<int> ids) => kind.KeepsOrder ? ids : ids.Order();
}
