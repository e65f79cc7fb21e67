using Gateway.Conversations.Runtime;
using Gateway.Conversations.Storage;
using Gateway.Tests.Support;

using Microsoft.Extensions.DependencyInjection;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire;

/// <summary>What holds for a user's conversations at whichever gateways they are open: the limit, the lists, a deletion.</summary>
public sealed class GatewaysTogetherTests : IAsyncLifetime
{
    private NodesStage _stage = null!; // Set before each test.

    public async Task InitializeAsync() => _stage = await NodesStage.CreateAsync();

    public async Task DisposeAsync() => await _stage.DisposeAsync();

    [Fact]
    public async Task Open_MoreThanTheLimitOverAllGateways_ClosesTheOneThatWasUsedLeastRecently()
    {
        await using var a = await _stage.StartAsync("MAX_CONCURRENT_CONVERSATIONS=2");
        await using var b = await _stage.StartAsync("MAX_CONCURRENT_CONVERSATIONS=2");
        await using var first = await NodeClient.ConnectAsync(a.Address, conversation: "first");
        await using var watcher = await NodeClient.ConnectAsync(b.Address, conversation: "first");
        await using var second = await NodeClient.ConnectAsync(b.Address, conversation: "second");

        // The one that was opened first is used since.
        await second.SayAsync("one");
        await second.UntilAnsweredAsync(1);
        await first.SayAsync("two");
        await first.UntilAnsweredAsync(1);
        await UsedInOrderAsync(b, "second", "first");
        await using var third = await NodeClient.ConnectAsync(b.Address, conversation: "third");
        await second.UntilGoneAsync();
        second.Others.Should().ContainSingle(static e => (string?)e["id"] == TransientMessages.TooManyConversations);
        await OpenAsync("first", "third");

        // One that another gateway has open: it closes there, and where it has clients.
        await third.SayAsync("three");
        await third.UntilAnsweredAsync(1);
        await UsedInOrderAsync(b, "first", "third");
        await using var fourth = await NodeClient.ConnectAsync(b.Address, conversation: "fourth");
        await first.UntilGoneAsync();
        await watcher.UntilGoneAsync();
        await OpenAsync("third", "fourth");
        foreach (var client in new[] { first, watcher })
        {
            client.Others.Should().ContainSingle(static e => (string?)e["id"] == TransientMessages.TooManyConversations);
        }

        (await third.SayAsync("still there")).Should().Be("[]");
        (await fourth.SayAsync("still there")).Should().Be("[]");
    }

    [Fact]
    public async Task Open_AtTwoGatewaysAtOnce_LeavesAsManyAsAreAllowed()
    {
        await using var a = await _stage.StartAsync("MAX_CONCURRENT_CONVERSATIONS=1");
        await using var b = await _stage.StartAsync("MAX_CONCURRENT_CONVERSATIONS=1");
        for (var round = 0; round < 5; round++)
        {
            var names = new[] { $"left{round}", $"right{round}" };
            var clients = await Task.WhenAll(
                NodeClient.AskAsync(a.Address, names[0]), NodeClient.AskAsync(b.Address, names[1]));
            IReadOnlyList<string> left = [];
            await Eventually.IsTrueAsync(() => (left = HeldAsync().Result).Count <= 1, "one is left");

            left.Should().ContainSingle().Which.Should().BeOneOf(names);
            var (stays, goes) = left[0] == names[0] ? (clients[0], clients[1]) : (clients[1], clients[0]);
            if (!goes.IsRefused)
            {
                // It was in before it had to give way.
                await goes.UntilGoneAsync();
            }

            stays.IsRefused.Should().BeFalse();
            (await stays.SayAsync("still there")).Should().Be("[]");
            foreach (var client in clients)
            {
                await client.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task Open_ManyMoreAtOnceThanAreAllowed_LeavesAsManyAsAreAllowed()
    {
        const int Allowed = 3;
        await using var a = await _stage.StartAsync($"MAX_CONCURRENT_CONVERSATIONS={Allowed}");
        await using var b = await _stage.StartAsync($"MAX_CONCURRENT_CONVERSATIONS={Allowed}");
        for (var round = 0; round < 5; round++)
        {
            var opening = Enumerable.Range(0, 4 * Allowed).Select(n =>
                NodeClient.AskAsync((n % 2 == 0 ? a : b).Address, $"r{round}n{n}"));
            var clients = await Task.WhenAll(opening);
            await Eventually.IsTrueAsync(() => HeldAsync().Result.Count <= Allowed, "some are closed");

            var left = await HeldAsync();
            left.Should().HaveCount(Allowed).And.OnlyContain(name => name.StartsWith($"r{round}", StringComparison.Ordinal));
            foreach (var (client, n) in clients.Select(static (client, n) => (client, n)))
            {
                if (left.Contains($"r{round}n{n}"))
                {
                    (await client.SayAsync("still there")).Should().Be("[]");
                }
                else if (!client.IsRefused)
                {
                    await client.UntilGoneAsync();
                }

                await client.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task Lists_AtAnyGateway_ShowAsRunningWhatIsOpenAtAnotherOne()
    {
        await using var a = await _stage.StartAsync();
        await using var b = await _stage.StartAsync();
        await using var first = await NodeClient.ConnectAsync(a.Address, conversation: "first");
        await using var second = await NodeClient.ConnectAsync(b.Address, conversation: "second");
        await using (var closed = await NodeClient.ConnectAsync(a.Address, conversation: "closed"))
        {
            await a.Services.GetRequiredService<ConversationRegistry>()
                .CloseAsync(TestStore.Key("closed"), SessionCloseReason.Stopped, whileClosed: null, CancellationToken.None);
        }

        foreach (var gateway in new[] { a, b })
        {
            using var rest = new RestClient(gateway.Address);
            var list = JObject.Parse((await rest.GetAsync("/api/conversations")).Body)["results"]!;
            list.ToDictionary(static one => (string)one["conversation_id"]!, static one => (string?)one["status"]).Should().Equal(
                new Dictionary<string, string?> { ["first"] = "RUNNING", ["second"] = "RUNNING", ["closed"] = "STOPPED" });
            foreach (var (id, expected) in new[] { ("first", "RUNNING"), ("second", "RUNNING"), ("closed", "STOPPED") })
            {
                ((string?)JObject.Parse((await rest.GetAsync($"/api/conversations/{id}")).Body)["status"]).Should().Be(expected);
            }
        }
    }

    [Fact]
    public async Task Delete_WhileAClientJoinsElsewhere_LeavesNoEmptyConversationOpen()
    {
        await using var a = await _stage.StartAsync("Storage:Postgres:LeaseTime=00:10:00");
        await using var b = await _stage.StartAsync("Storage:Postgres:LeaseTime=00:10:00");
        var catalogue = a.Services.GetRequiredService<IConversationCatalogue>();

        // It has joined after the others were told to close, and before the conversation is gone.
        await using var client = await NodeClient.ConnectAsync(b.Address);
        (await catalogue.DeleteAsync(TestStore.Key(NodesStage.Conversation), CancellationToken.None)).Should().BeTrue();

        await client.UntilGoneAsync();
        await OpenAsync();
        (await _stage.Database.CountAsync()).Should().Be(0);

        // Whoever makes it again is not closed by what was said of the one before.
        await using var again = await NodeClient.ConnectAsync(b.Address);
        await again.SayAsync("again");
        await again.UntilAnsweredAsync(1);
        await a.Services.GetRequiredService<IRoomMessages>().SendAsync(
            TestStore.Key(NodesStage.Conversation),
            RoomMessage.Create(RoomMessageKind.Show, """{"message":"hello"}"""u8.ToArray()),
            CancellationToken.None);
        await again.UntilEventAsync(static e => (string?)e["message"] == "hello");
    }

    /// <summary>Waits until their metadata say so; and both have been open for long.</summary>
    private async Task UsedInOrderAsync(GatewayHost gateway, string older, string newer)
    {
        await _stage.Database.ExecuteAsync("UPDATE gateway.conversations SET owner_since = now() - interval '1 hour'");
        var leases = gateway.Services.GetRequiredService<IAgentLeases>();
        await Eventually.IsTrueAsync(
            () =>
            {
                var held = leases.ListAsync(null, CancellationToken.None).AsTask().Result
                    .ToDictionary(static one => one.Key.Id.Value, static one => one.LastActive);
                return held[older] < held[newer];
            },
            $"{newer} was used after {older}");
    }

    private async Task<IReadOnlyList<string>> HeldAsync()
    {
        var held = await _stage.Database.ExecuteAsync(
            "SELECT array_agg(conversation_id ORDER BY conversation_id) FROM gateway.conversations WHERE owner IS NOT NULL");
        return held as string[] ?? [];
    }

    /// <summary>These are open, in the end, and no others.</summary>
    private Task OpenAsync(params string[] conversations) => Eventually.IsTrueAsync(
        () => HeldAsync().Result.Order().SequenceEqual(conversations.Order()), $"open are [{string.Join(", ", conversations)}]");
}
