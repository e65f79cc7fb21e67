using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire;

/// <summary>Events that the server may not read are never shown as an empty history: client and log are told.</summary>
public sealed class PermissionTests
{
    private const string Conversation = "closed";

    [PermissionsTheory]
    [InlineData("events", 0b000_000_000)]
    [InlineData("events", 0b100_100_100)]
    [InlineData("events", 0b001_001_001)]
    [InlineData("event_cache", 0b000_000_000)]
    [InlineData("", 0b000_000_000)]
    public async Task Connect_FolderThatMayNotBeRead_IsRefusedWithTheReason(string folder, int left)
    {
        using var store = await StoreAsync(30);
        AnotherUser.Close(store.PathOf("sessions", Conversation, folder), (UnixFileMode)left);

        var (seen, output) = await ConnectAsync(store);

        AnotherUser.Open(store);
        var refused = seen.Should().ContainSingle().Which;
        (refused.On, (string?)refused.Value).Should()
            .Be(("refused", "Failed to access conversation events: access to the store was denied"));
        output.Should().Contain("The conversation's events cannot be read");
    }

    [PermissionsTheory]
    [InlineData(10)]
    public async Task Connect_EventThatMayNotBeRead_IsLeftOutAndSaid(int count)
    {
        using var store = await StoreAsync(count);
        AnotherUser.Close(store.PathOf("sessions", Conversation, "events", "5.json"));

        var (seen, output) = await ConnectAsync(store, last: static seen => seen.Value is JObject json && (bool?)json["error"] == true);

        seen.Where(static one => one.On == "event").Select(static one => WireClientReading.IdOf(one.Value)).OfType<int>()
            .Should().Equal(Enumerable.Range(0, count).Where(static id => id != 5));
        seen.Should().ContainSingle(static one => one.On == "connect");
        ((string?)seen[^1].Value["message"]).Should().Contain("Event 5").And.Contain("access denied").And.NotContain(store.Root);
        output.Should().Contain("Event 5 cannot be shown and is skipped");
    }

    [PermissionsTheory]
    [InlineData(10)]
    public async Task Connect_NoEventMayBeRead_IsRefused(int count)
    {
        using var store = await StoreAsync(count);
        foreach (var file in Directory.EnumerateFiles(store.PathOf("sessions", Conversation, "events")))
        {
            AnotherUser.Close(file);
        }

        var (seen, _) = await ConnectAsync(store);

        var refused = seen.Should().ContainSingle().Which;
        (refused.On, (string?)refused.Value).Should().Be(("refused", "Failed to access conversation events: none of them can be read"));
    }

    private static async Task<TempStore> StoreAsync(int count)
    {
        var store = TempStore.Empty();
        var key = TestStore.Key(Conversation);
        await TestStore.AppendAsync(await TestStore.Logs(store.Root).OpenAsync(key, CancellationToken.None), 0, count - 1);
        await TestStore.Catalogue(store.Root).TryCreateAsync(
            key, Gateway.Conversations.Storage.ConversationMetadata.Create(key.Id, null, DateTimeOffset.UnixEpoch), CancellationToken.None);
        AnotherUser.Open(store);
        return store;
    }

    /// <summary>What a client sees up to its refusal, or to what is looked for; and what the server has printed.</summary>
    private static async Task<(List<Observation> Seen, string Output)> ConnectAsync(TempStore store, Predicate<Observation>? last = null)
    {
        await using var gateway = await GatewayProcess.StartListeningAsAnotherUserAsync(new() { ["FILE_STORE_PATH"] = store.Root });
        await using var client = new HandWrittenClient([]);
        await client.ConnectAsync(new Visit(gateway.Address, Conversation));
        var seen = new List<Observation>();
        do
        {
            seen.Add(await client.Seen.ReadAsync().AsTask().WaitAsync(TestLimits.Step));
        }
        while (last is null ? seen[^1].On is not ("refused" or "connect") : !last(seen[^1]));

        await gateway.KillAsync();
        return (seen, string.Join('\n', await gateway.OutputAsync()) + gateway.Errors);
    }
}
