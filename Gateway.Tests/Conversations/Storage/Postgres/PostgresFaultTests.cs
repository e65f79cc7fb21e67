using System.Text;

using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;
using Gateway.Conversations.Storage.Postgres;
using Gateway.Tests.Support;

using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

using Newtonsoft.Json.Linq;

using Npgsql;

namespace Gateway.Tests.Conversations.Storage.Postgres;

/// <summary>
/// Connections that break, a database that is away, hangs or is busy: what was stored is known, nothing is stored twice, and nobody learns
/// where the database is.
/// </summary>
public sealed class PostgresFaultTests : IAsyncLifetime
{
    private TestedDatabase? _database;
    private BreakingLink? _proxy;
    private PostgresCalls? _calls;

    private TestedDatabase Database => _database ?? throw new InvalidOperationException("The test has not begun.");

    private BreakingLink Proxy => _proxy ?? throw new InvalidOperationException("The test has not begun.");

    private PostgresCalls Calls => _calls ?? throw new InvalidOperationException("The test has not begun.");

    /// <summary>The database as it is reached over the proxy.</summary>
    private string OverProxy
    {
        get
        {
            var settings = new NpgsqlConnectionStringBuilder(Database.ConnectionString) { Port = Proxy.Port };
            return settings.ConnectionString;
        }
    }

    public async Task InitializeAsync()
    {
        _database = await TestedDatabase.CreateAsync();
        _proxy = BreakingLink.Start((await PostgresServer.SharedAsync()).Port);
        _calls = TestedDatabase.Calls(OverProxy, maxConnections: 2);
    }

    public async Task DisposeAsync()
    {
        await Calls.DisposeAsync();
        await Proxy.DisposeAsync();
        await Database.DisposeAsync();
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 0)]
    [InlineData(true, 5)]
    [InlineData(false, 5)]
    public async Task TryAppendAsync_ConnectionLost_IsStoredOnceAndKnown(bool isStatementLost, int before)
    {
        var log = await OpenAsync();
        await TestStore.AppendAsync(log, 0, before - 1);
        Lose(isStatementLost);

        (await log.TryAppendAsync(Events(before, 3), CancellationToken.None)).Should().Be(3);

        log.Head.Should().Be(before + 2);
        await TestStore.AppendAsync(log, before + 3, before + 3);
        (await TestStore.ReadAllAsync(await Database.OpenAsync("c"))).Events
            .Should().Equal(Enumerable.Range(0, before + 4).Select(static id => (id, Encoding.UTF8.GetString(TestStore.Event(id)))));
    }

    [Fact]
    public async Task TryAppendAsync_ConnectionLostAndAnotherWriterFaster_IsRefused()
    {
        var log = await OpenAsync();
        await TestStore.AppendAsync(log, 0, 4);
        await TestStore.AppendAsync(await Database.OpenAsync("c"), 5, 5);
        Proxy.LoseNextRequest();

        (await log.TryAppendAsync(5, TestStore.Event(5, "ours"), CancellationToken.None)).Should().BeFalse();

        log.Head.Should().Be(5);
        (await log.TryAppendAsync(6, TestStore.Event(6), CancellationToken.None)).Should().BeTrue();
    }

    /// <summary>By an operator who rebuilds it, for example: nothing is appended meanwhile, and balancers are to know.</summary>
    [Theory]
    [InlineData("LOCK TABLE gateway.events IN SHARE MODE")]
    [InlineData("LOCK TABLE gateway.conversations IN ACCESS EXCLUSIVE MODE")]
    public async Task ProbeAsync_TableIsLocked_FailsUntilItIsFree(string lockTable)
    {
        await using var calls = TestedDatabase.Calls(Database.ConnectionString, maxConnections: 1, limit: TimeSpan.FromSeconds(2));
        var probe = new PostgresProbe(calls);
        await probe.ProbeAsync(CancellationToken.None);
        await using var holder = new NpgsqlConnection(Database.ConnectionString);
        await holder.OpenAsync();
        await using var held = await holder.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand(lockTable, holder))
        {
            await command.ExecuteNonQueryAsync();
        }

        await probe.Invoking(static probe => probe.ProbeAsync(CancellationToken.None).AsTask())
            .Should().ThrowAsync<StorageException>().WithMessage("*did not answer in time");

        await held.RollbackAsync();
        await probe.ProbeAsync(CancellationToken.None);
    }

    /// <summary>The lost statement still waits for the row when the next try finds out: it must have ended, one way or the other.</summary>
    [Fact]
    public async Task TryAppendAsync_ConnectionLostWhileTheStatementWaits_IsStoredOnce()
    {
        var log = await OpenAsync();
        await TestStore.AppendAsync(log, 0, 0);
        await using var locked = await LockedRow.TakeAsync(Database);
        var appending = log.TryAppendAsync(1, TestStore.Event(1), CancellationToken.None).AsTask();
        await Database.WaitersAsync(1);

        Proxy.CutAll();
        await Database.WaitersAsync(2);
        await locked.DisposeAsync();

        (await appending.WaitAsync(TestLimits.Step)).Should().BeTrue();
        (await TestStore.ReadAllAsync(await Database.OpenAsync("c"))).Events.Should().HaveCount(2);
    }

    /// <summary>A server that ends a connection says so with an error, and may have committed before: that is looked up.</summary>
    [Fact]
    public async Task TryAppendAsync_ServerEndsTheConnection_LooksWhetherItIsStored()
    {
        var log = await OpenAsync();
        await TestStore.AppendAsync(log, 0, 0);
        await using var locked = await LockedRow.TakeAsync(Database);
        var appending = log.TryAppendAsync(1, TestStore.Event(1), CancellationToken.None).AsTask();
        await Database.WaitersAsync(1);

        await Database.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
        await Database.WaitersAsync(1);
        await locked.DisposeAsync();

        (await appending.WaitAsync(TestLimits.Step)).Should().BeTrue();
        (await Database.ExecuteAsync("SELECT fence FROM gateway.conversations")).Should().Be(1, "a look puts up a fence");
        (await TestStore.ReadAllAsync(await Database.OpenAsync("c"))).Events.Should().HaveCount(2);
    }

    /// <summary>It may be stored later: who is told that it is not would send it again.</summary>
    [Fact]
    public async Task TryAppendAsync_StatementWaitsAndNobodyCanLook_IsSaidToBeUnknown()
    {
        var log = await OpenAsync();
        await TestStore.AppendAsync(log, 0, 0);
        await using var locked = await LockedRow.TakeAsync(Database);
        var appending = log.TryAppendAsync(1, TestStore.Event(1), CancellationToken.None).AsTask();
        await Database.WaitersAsync(1);

        Proxy.IsClosed = true;
        Proxy.CutAll();

        (await FluentActions.Awaiting(() => appending.WaitAsync(TestLimits.Step)).Should().ThrowAsync<StorageException>())
            .Which.Failure.Should().Be(StorageFailure.Unknown);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task CompareAndSet_ConnectionLost_SaysWhetherItHasWritten(bool isStatementLost)
    {
        using var heads = new PostgresHeads(Calls, TimeProvider.System, NullLogger<PostgresHeads>.Instance);
        var catalogue = new PostgresCatalogue(Calls, heads);
        var documents = new PostgresUserDocuments(Calls);
        var key = TestStore.Key("c");

        Lose(isStatementLost);
        (await catalogue.TryCreateAsync(key, new JObject { ["n"] = 0 }, CancellationToken.None)).Should().BeTrue();
        var metadata = await catalogue.ReadAsync(key, CancellationToken.None);
        Lose(isStatementLost);
        (await catalogue.TryReplaceAsync(key, new JObject { ["n"] = 1 }, metadata!.Version, CancellationToken.None)).Should().BeTrue();
        Lose(isStatementLost);
        (await documents.TryWriteAsync(UserDocument.Settings, null, new JObject { ["n"] = 0 }, null, CancellationToken.None))
            .Should().BeTrue();

        (await catalogue.ReadAsync(key, CancellationToken.None))!.Json.Value<int>("n").Should().Be(1);
        (await documents.TryWriteAsync(UserDocument.Settings, null, new JObject { ["n"] = 1 }, null, CancellationToken.None))
            .Should().BeFalse();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Journal_ConnectionLost_HasEachLineOnce(bool isStatementLost)
    {
        var journal = new PostgresJournalStore(Calls).Open(TestStore.Key("c"), "j");
        await journal.AppendAsync(["a"], CancellationToken.None);

        Lose(isStatementLost);
        await journal.AppendAsync(["b", "c"], CancellationToken.None);
        (await journal.ReadAsync(CancellationToken.None).ToListAsync()).Should().Equal("a", "b", "c");
        Lose(isStatementLost);
        await journal.ReplaceAsync(["d"], CancellationToken.None);

        (await journal.ReadAsync(CancellationToken.None).ToListAsync()).Should().Equal("d");
    }

    [Fact]
    public async Task Calls_DatabaseAway_SayNothingOfWhereItIsAndGoOnWhenItIsBack()
    {
        var log = await OpenAsync();
        await TestStore.AppendAsync(log, 0, 0);
        Proxy.IsClosed = true;
        Proxy.CutAll();

        var exception = (await FluentActions.Awaiting(() => log.TryAppendAsync(1, TestStore.Event(1), CancellationToken.None).AsTask())
            .Should().ThrowAsync<StorageException>()).Which;
        Proxy.IsClosed = false;

        // Whether the statement went into the connection that was cut, or found none, is chance.
        exception.Failure.Should().BeOneOf(StorageFailure.Unavailable, StorageFailure.Unknown);
        exception.ToString().Should().NotContain("127.0.0.1").And.NotContain($"{Proxy.Port}").And.NotContain("Username");
        await TestStore.AppendAsync(log, 1, 1);
        (await TestStore.ReadAllAsync(log)).Events.Should().HaveCount(2);
    }

    [Fact]
    public async Task Calls_DatabaseThatDoesNotAnswer_EndWithTheirLimit()
    {
        await TestStore.AppendAsync(await OpenAsync(), 0, 0);
        await using var locked = await LockedRow.TakeAsync(Database);
        await using var calls = TestedDatabase.Calls(OverProxy, maxConnections: 1, limit: TimeSpan.FromSeconds(2));
        var log = await TestedDatabase.LogsOver(calls).OpenAsync(TestStore.Key("c"), CancellationToken.None);

        var failures = await Task.WhenAll(Enumerable.Range(0, 2).Select(async _ =>
            (await FluentActions.Awaiting(() => log.TryAppendAsync(1, TestStore.Event(1), CancellationToken.None).AsTask())
                .Should().ThrowAsync<StorageException>()).Which.Failure)).WaitAsync(TestLimits.Step);

        // The second has not even had a connection.
        failures.Should().Contain(StorageFailure.TimedOut).And.OnlyContain(static failure =>
            failure == StorageFailure.TimedOut || failure == StorageFailure.Busy);
    }

    [Fact]
    public async Task CallLimit_WhenItIsOver_CancelsOnNoThreadOfThePool()
    {
        // Npgsql's answer to a cancellation waits for the server, which may be frozen.
        var cancelled = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var stopping = new CancellationTokenSource();
        using var limit = new CallLimit(TimeSpan.FromMinutes(1), stopping.Token);
        using var over = new CallLimit(TimeSpan.FromMilliseconds(1), CancellationToken.None);
        await using var onOver = over.Token.Register(() => cancelled.TrySetResult(Thread.CurrentThread.IsThreadPoolThread));
        (await cancelled.Task.WaitAsync(TestLimits.Step)).Should().BeFalse();

        var stopped = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var onStop = limit.Token.Register(() => stopped.TrySetResult(Thread.CurrentThread.IsThreadPoolThread));
        await stopping.CancelAsync();
        (await stopped.Task.WaitAsync(TestLimits.Step)).Should().BeFalse();
    }

    [Fact]
    public async Task Listen_ConnectionThatSpeaksNonsense_IsMadeAgainAndTheProcessGoesOn()
    {
        var listening = $"{OverProxy};Application Name=spoilt";

        // Its looks go another way: what is spoilt is the listening connection's.
        await using var calls = TestedDatabase.Calls(Database.ConnectionString);
        using var heads = new PostgresHeads(calls, TimeProvider.System, NullLogger<PostgresHeads>.Instance);
        using var listener = new PostgresListener(
            Options.Create(new PostgresStorageOptions { ConnectionString = OverProxy, ListenConnectionString = listening }),
            heads,
            NullLogger<PostgresListener>.Instance);
        await listener.StartAsync(CancellationToken.None);
        await TestedNode.ListeningAsync(Database, "spoilt");
        var first = await Database.ExecuteAsync("SELECT max(pid) FROM pg_stat_activity WHERE application_name = 'spoilt'");

        Proxy.SpoilNextAnswer();
        await Database.ExecuteAsync("NOTIFY gateway, 'x'");
        await Eventually.GetAsync(
            () => Database.ExecuteAsync(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'spoilt' AND pid <> $1 AND state = 'idle'", first!),
            static listening => listening is 1L,
            "another connection listens");

        listener.ExecuteTask!.IsCompleted.Should().BeFalse();
        await listener.StopAsync(CancellationToken.None).WaitAsync(TestLimits.Step);
    }

    [Fact]
    public async Task TryAppendAsync_DeletedMeanwhile_IsRefusedWithAReasonAndBringsNothingBack()
    {
        var log = await OpenAsync();
        await TestStore.AppendAsync(log, 0, 4);
        (await Database.Catalogue.DeleteAsync(TestStore.Key("c"), CancellationToken.None)).Should().BeTrue();

        (await FluentActions.Awaiting(() => log.TryAppendAsync(5, TestStore.Event(5), CancellationToken.None).AsTask())
            .Should().ThrowAsync<StorageException>()).Which.Failure.Should().Be(StorageFailure.Deleted);

        (await Database.CountAsync()).Should().Be(0);
    }

    private static StoredEvent[] Events(int first, int count) =>
        [.. Enumerable.Range(first, count).Select(static id => StoredEvent.Scan(id, TestStore.Event(id)))];

    private Task<IEventLog> OpenAsync() =>
        TestedDatabase.LogsOver(Calls).OpenAsync(TestStore.Key("c"), CancellationToken.None).AsTask().WaitAsync(TestLimits.Step);

    private void Lose(bool isStatementLost)
    {
        if (isStatementLost)
        {
            Proxy.LoseNextRequest();
        }
        else
        {
            Proxy.LoseNextAnswer();
        }
    }
}
