using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Storage.Postgres;

/// <summary>What an event was translated from stands with it, and no conversation has it twice.</summary>
public sealed class PostgresSourceIdsTests : IAsyncLifetime
{
    private TestedDatabase _database = null!; // Set before each test.

    public async Task InitializeAsync() => _database = await TestedDatabase.CreateAsync();

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task ReadSourceIdsAsync_EventsWithAndWithout_GivesThoseThatThereAreInOrder()
    {
        var log = await _database.OpenAsync("c");
        (await log.ReadSourceIdsAsync(0, CancellationToken.None)).Should().BeEmpty();

        await AppendAsync(log, "a", null, "b");
        await AppendAsync(log, "c", null);

        (await log.ReadSourceIdsAsync(0, CancellationToken.None)).Should().Equal((0, "a"), (2, "b"), (3, "c"));
        (await log.ReadSourceIdsAsync(1, CancellationToken.None)).Should().Equal((2, "b"), (3, "c"));
        (await log.ReadSourceIdsAsync(4, CancellationToken.None)).Should().BeEmpty();
    }

    [Fact]
    public async Task ReadSourceIdsAsync_MoreThanARoundTripTakes_GivesThemAll()
    {
        var log = await _database.OpenAsync("c");
        var names = Enumerable.Range(0, 20_500).Select(static n => $"event {n}").ToArray();

        foreach (var chunk in names.Chunk(1_000))
        {
            await AppendAsync(log, chunk);
        }

        (await log.ReadSourceIdsAsync(0, CancellationToken.None)).Should().Equal(names.Select(static (name, id) => (id, name)));
    }

    [Fact]
    public async Task TryAppendAsync_SourceIdThatIsThere_StoresNothingAndSaysSo()
    {
        var log = await _database.OpenAsync("c");
        var another = await _database.OpenAsync("other");
        await AppendAsync(log, "a", "b");

        (await FluentActions.Awaiting(() => AppendAsync(log, "c", "b")).Should().ThrowAsync<StorageException>())
            .Which.Failure.Should().Be(StorageFailure.Duplicate);

        log.Head.Should().Be(1);
        (await (await _database.OpenAsync("c")).RefreshAsync(-1, CancellationToken.None)).Should().Be(1);
        await AppendAsync(log, "c", null, null);
        await AppendAsync(another, "a", "b");
        (await log.ReadSourceIdsAsync(0, CancellationToken.None)).Should().Equal((0, "a"), (1, "b"), (2, "c"));
    }

    private static async Task AppendAsync(IEventLog log, params string?[] sourceIds)
    {
        var first = log.Head + 1;
        var events = sourceIds
            .Select((sourceId, n) => new StoredEvent(first + n, TestStore.Event(first + n), default) { SourceId = sourceId })
            .ToList();
        (await log.TryAppendAsync(events, CancellationToken.None)).Should().Be(events.Count);
    }
}
