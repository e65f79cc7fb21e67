using Gateway.Conversations.Storage;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Storage.Postgres;

/// <summary>What one gateway appends another one sees: by a notice, and without one by its own look.</summary>
public sealed class PostgresNoticeTests : IAsyncLifetime
{
    private TestedDatabase _database = null!; // Set before each test.
    private TestedNode _writer = null!; // Set before each test.

    public async Task InitializeAsync()
    {
        _database = await TestedDatabase.CreateAsync();
        _writer = await TestedNode.StartAsync(_database);
    }

    public async Task DisposeAsync()
    {
        await _writer.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("somebody")]
    public async Task Watch_AppendedByAnotherGateway_IsToldByNotice(string? user)
    {
        await using var reader = await TestedNode.StartAsync(_database, "reader");
        var log = await reader.OpenAsync("c", user);
        using var watch = new Watched(log);

        await TestStore.AppendAsync(await _writer.OpenAsync("c", user), 0, 9);

        await watch.UntilAsync(9);
    }

    [Fact]
    public async Task Watch_AppendedByAnotherGatewayInManyConversations_IsToldByANoticeThatNamesNone()
    {
        await using var reader = await TestedNode.StartAsync(_database, "reader");
        var watches = new List<Watched>();
        for (var i = 0; i < 100; i++)
        {
            watches.Add(new Watched(await reader.OpenAsync(Name(i))));
        }

        await Task.WhenAll(Enumerable.Range(0, 100).Select(async i => await TestStore.AppendAsync(await _writer.OpenAsync(Name(i)), 0, 0)));

        foreach (var watch in watches)
        {
            await watch.UntilAsync(0);
            watch.Dispose();
        }

        static string Name(int i) => $"{i}".PadRight(120, 'c');
    }

    [Fact]
    public async Task Watch_NobodyListens_IsToldByTheLook()
    {
        await using var reader = await TestedNode.StartAsync(_database);
        var log = await reader.OpenAsync("c");
        using var watch = new Watched(log);
        await TestStore.AppendAsync(await _writer.OpenAsync("c"), 0, 9);

        await watch.UntilAsync(9, () => reader.Clock.Advance(TimeSpan.FromSeconds(2)));
    }

    [Fact]
    public async Task Watch_ListeningConnectionCut_SeesWhatItMissedAndHearsAgain()
    {
        await using var reader = await TestedNode.StartAsync(_database, "reader");
        var log = await reader.OpenAsync("c");
        using var watch = new Watched(log);
        var writer = await _writer.OpenAsync("c");

        for (var id = 0; id < 5; id++)
        {
            await _database.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'reader'");
            await TestStore.AppendAsync(writer, id, id);
            await watch.UntilAsync(id);
            await TestedNode.ListeningAsync(_database, "reader");
        }
    }

    /// <summary>A watch of a log, and what it was told.</summary>
    private sealed class Watched : IDisposable
    {
        private readonly IEventLog _log;
        private readonly SemaphoreSlim _told = new(0);
        private readonly IDisposable _watch;

        public Watched(IEventLog log)
        {
            _log = log;
            _watch = log.Watch(() => _told.Release());
        }

        public async Task UntilAsync(int head, Action? meanwhile = null)
        {
            using var limit = new CancellationTokenSource(TestLimits.Step);
            while (_log.Head < head)
            {
                meanwhile?.Invoke();
                await _told.WaitAsync(meanwhile is null ? TestLimits.Step : TimeSpan.FromMilliseconds(20), limit.Token);
            }
        }

        public void Dispose()
        {
            _watch.Dispose();
            _told.Dispose();
        }
    }
}
