using Gateway.Conversations;
using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Storage.Postgres;

/// <summary>One gateway at a time has a conversation's agent, and who has lost it appends nothing.</summary>
public sealed class PostgresAgentLeasesTests : IAsyncLifetime
{
    private TestedDatabase _database = null!; // Set before each test.
    private TestedNode _a = null!; // Set before each test.
    private TestedNode _b = null!; // Set before each test.

    public async Task InitializeAsync()
    {
        _database = await TestedDatabase.CreateAsync();
        _a = await TestedNode.StartAsync(_database);
        _b = await TestedNode.StartAsync(_database);
    }

    public async Task DisposeAsync()
    {
        await _a.DisposeAsync();
        await _b.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task TryTakeAsync_WhileAnotherHasIt_GivesNothingUntilItIsReleased()
    {
        var (left, right) = (await _a.OpenAsync("c"), await _b.OpenAsync("c"));
        var lease = await TakeAsync(_a, left);

        (await _b.Leases.TryTakeAsync(right, makesUnknown: true, CancellationToken.None)).Should().BeNull();
        (await _b.Leases.IsHeldElsewhereAsync(TestStore.Key("c"), CancellationToken.None)).Should().BeTrue();
        (await _a.Leases.IsHeldElsewhereAsync(TestStore.Key("c"), CancellationToken.None)).Should().BeFalse();
        await TestStore.AppendAsync(left, 0, 0);
        await lease.ReleaseAsync();

        await TakeAsync(_b, right);
        right.Head.Should().Be(0, "whoever takes it knows the log");
        (await EpochAsync()).Should().Be(2);
        lease.Lost.IsCancellationRequested.Should().BeFalse("it was given up, and not lost");
    }

    [Fact]
    public async Task FindHoldersAsync_OfConversations_NamesTheGatewaysThatHaveThem()
    {
        var lease = await TakeAsync(_a, await _a.OpenAsync("c"));
        await TakeAsync(_b, await _b.OpenAsync("d"));
        ConversationKey[] keys = [TestStore.Key("c"), TestStore.Key("of-nobody"), TestStore.Key("d")];

        var holders = await _a.Leases.FindHoldersAsync(keys, CancellationToken.None);
        await lease.ReleaseAsync();

        holders.Keys.Should().BeEquivalentTo([keys[0], keys[2]]);
        holders.Values.Should().OnlyHaveUniqueItems();
        (await _b.Leases.FindHoldersAsync(keys, CancellationToken.None)).Keys.Should().Equal(keys[2]);
        (await _b.Leases.FindHoldersAsync([], CancellationToken.None)).Should().BeEmpty();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task Append_AfterAnotherHasTakenIt_StoresNothingAndSaysSo(int events)
    {
        var (left, right) = (await _a.OpenAsync("c"), await _b.OpenAsync("c"));
        var lease = await TakeAsync(_a, left);
        for (var id = 0; id < events; id++)
        {
            await TestStore.AppendAsync(left, id, id);
        }

        await RunOutAsync();
        await TakeAsync(_b, right);
        var late = () => left.TryAppendAsync(events, TestStore.Event(events), CancellationToken.None).AsTask();

        (await late.Should().ThrowAsync<StorageException>()).Which.Failure.Should().Be(StorageFailure.TakenOver);
        lease.Lost.IsCancellationRequested.Should().BeTrue();
        await TestStore.AppendAsync(right, events, events);
        (await late.Should().ThrowAsync<StorageException>()).Which.Failure.Should().Be(StorageFailure.TakenOver);
        left.Head.Should().Be(events, "the log here has been looked at");
        (await TestStore.ReadAllAsync(right)).Events.Should().HaveCount(events + 1);
    }

    /// <summary>What clients did while the agent was nobody's is what it has not heard of.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task HeardThrough_OfWhoeverTakesItNext_IsWhatTheAgentWasToldBefore(bool isReleased)
    {
        var (left, right) = (await _a.OpenAsync("c"), await _b.OpenAsync("c"));
        await TestStore.AppendAsync(right, 0, 4);
        var lease = await TakeAsync(_a, left);
        lease.HeardThrough.Should().Be(4, "nobody's agent waits for what is older than the first one");

        left.Heard(5);
        await TestStore.AppendAsync(left, 5, 5);
        (await right.RefreshAsync(-1, CancellationToken.None)).Should().Be(5);
        (await right.TryAppendForClientsAsync([StoredEvent.Scan(6, TestStore.Event(6))], CancellationToken.None)).Should().Be(1);
        left.Heard(6);
        (await right.TryAppendForClientsAsync([StoredEvent.Scan(7, TestStore.Event(7))], CancellationToken.None)).Should().Be(1);
        if (isReleased)
        {
            await lease.ReleaseAsync();
        }
        else
        {
            await RunOutAsync();
        }

        (await TakeAsync(_b, right)).HeardThrough.Should().Be(isReleased ? 6 : 5, "who dies says no more than its last event did");
        (await left.TryAppendForClientsAsync([StoredEvent.Scan(8, TestStore.Event(8))], CancellationToken.None))
            .Should().Be(1, "clients act at every gateway");
    }

    /// <summary>A gateway that was paused past its lease is about to write what it had in hand.</summary>
    [Fact]
    public async Task Journal_WrittenAfterAnotherHasTakenTheAgent_StaysAsItIs()
    {
        var (left, right) = (await _a.OpenAsync("c"), await _b.OpenAsync("c"));
        var lease = await TakeAsync(_a, left);
        var journal = Journal(left);
        await journal.AppendAsync(["a"], CancellationToken.None);
        await RunOutAsync();
        await TakeAsync(_b, right);

        foreach (var late in new[]
        {
            () => journal.AppendAsync(["late"], CancellationToken.None).AsTask(),
            () => journal.ReplaceAsync(["late"], CancellationToken.None).AsTask(),
        })
        {
            (await late.Should().ThrowAsync<StorageException>()).Which.Failure.Should().Be(StorageFailure.TakenOver);
        }

        lease.Lost.IsCancellationRequested.Should().BeTrue();
        await Journal(right).AppendAsync(["b"], CancellationToken.None);
        (await LinesAsync(right)).Should().Equal("a", "b");
        await Journal(right).ReplaceAsync(["c"], CancellationToken.None);
        (await LinesAsync(right)).Should().Equal("c");
    }

    /// <summary>The agent that was lost here is not the one that is taken here next.</summary>
    [Fact]
    public async Task Journal_OfAnEarlierAgentOfTheSameGateway_IsNotWritten()
    {
        var log = await _a.OpenAsync("c");
        await TakeAsync(_a, log);
        var earlier = Journal(log);
        await TakeAsync(_a, log);

        (await FluentActions.Awaiting(() => earlier.AppendAsync(["late"], CancellationToken.None).AsTask())
            .Should().ThrowAsync<StorageException>()).Which.Failure.Should().Be(StorageFailure.TakenOver);

        await TestStore.AppendAsync(log, 0, 0);
        await Journal(log).AppendAsync(["a"], CancellationToken.None);
        (await LinesAsync(log)).Should().Equal("a");
    }

    [Fact]
    public async Task Journal_OfADeletedConversation_DoesNotBringItBack()
    {
        var log = await _a.OpenAsync("c");
        await TakeAsync(_a, log);
        await _database.Catalogue.DeleteAsync(TestStore.Key("c"), CancellationToken.None);

        (await FluentActions.Awaiting(() => Journal(log).AppendAsync(["late"], CancellationToken.None).AsTask())
            .Should().ThrowAsync<StorageException>()).Which.Failure.Should().Be(StorageFailure.Deleted);

        (await _database.CountAsync()).Should().Be(0);
    }

    [Fact]
    public async Task Append_OfADeletedConversation_DoesNotBringItBack()
    {
        var log = await _a.OpenAsync("c");
        await TakeAsync(_a, log);
        await _database.Catalogue.DeleteAsync(TestStore.Key("c"), CancellationToken.None);

        await FluentActions.Awaiting(() => log.TryAppendAsync(0, TestStore.Event(0), CancellationToken.None).AsTask())
            .Should().ThrowAsync<StorageException>();
        (await _database.CountAsync()).Should().Be(0);
    }

    [Fact]
    public async Task Lease_HeldLongerThanItsTime_IsRenewed()
    {
        await using var node = await TestedNode.StartAsync(_database, leaseTime: TimeSpan.FromSeconds(3));
        var lease = await TakeAsync(node, await node.OpenAsync("c"));
        var first = await UntilAsync();

        await Eventually.IsTrueAsync(() => UntilAsync().Result > first.AddSeconds(1), "the lease is renewed");

        lease.Lost.IsCancellationRequested.Should().BeFalse();
        (await EpochAsync()).Should().Be(1);
    }

    [Fact]
    public async Task Lease_TakenByAnother_IsKnownAsLostWithTheNextRenewal()
    {
        await using var node = await TestedNode.StartAsync(_database, leaseTime: TimeSpan.FromSeconds(3));
        var lease = await TakeAsync(node, await node.OpenAsync("c"));
        await _database.ExecuteAsync("UPDATE gateway.conversations SET epoch = epoch + 1, owner = 'somebody', owner_until = 'infinity'");

        await LostAsync(lease);
    }

    [Fact]
    public async Task Lease_ThatCannotBeRenewed_IsGivenUpWhileItIsStillOurs()
    {
        await using var node = await TestedNode.StartAsync(_database, leaseTime: TimeSpan.FromSeconds(9));
        var lease = await TakeAsync(node, await node.OpenAsync("c"));
        await using var blocking = new Npgsql.NpgsqlConnection(_database.ConnectionString);
        await blocking.OpenAsync();
        await using var transaction = await blocking.BeginTransactionAsync();
        await using var row = new Npgsql.NpgsqlCommand("SELECT FROM gateway.conversations FOR UPDATE", blocking);
        await row.ExecuteNonQueryAsync();

        await LostAsync(lease);

        (await _database.ExecuteAsync("SELECT owner_until > now() FROM gateway.conversations")).Should().Be(true);
    }

    [Fact]
    public async Task ReleaseAsync_OfAConversationOfWhichNothingHasBecome_LeavesNothing()
    {
        var lease = await TakeAsync(_a, await _a.OpenAsync("c"));

        await lease.ReleaseAsync();

        (await _database.CountAsync()).Should().Be(0);
    }

    [Fact]
    public async Task TryTakeAsync_OfWhatHasBeenDeletedSinceItWasOpened_MakesNothing()
    {
        await _database.PutConversationAsync("c");
        var log = await _a.OpenAsync("c");
        await _database.Catalogue.DeleteAsync(TestStore.Key("c"), CancellationToken.None);

        var taking = () => _a.Leases.TryTakeAsync(log, makesUnknown: false, CancellationToken.None).AsTask();

        (await taking.Should().ThrowAsync<StorageException>()).Which.Failure.Should().Be(StorageFailure.Deleted);
        (await _database.CountAsync()).Should().Be(0);
    }

    [Fact]
    public async Task ListAsync_AndFindOpenAsync_GiveWhatAnyGatewayHas()
    {
        await TakeAsync(_a, await _a.OpenAsync("mine"));
        await TakeAsync(_b, await _b.OpenAsync("other"));
        await TakeAsync(_b, await _b.OpenAsync("other", "user"));
        await (await TakeAsync(_b, await _b.OpenAsync("run-out"))).ReleaseAsync();
        await TakeAsync(_b, await _b.OpenAsync("dead"));
        await _database.ExecuteAsync("UPDATE gateway.conversations SET owner_until = now() WHERE conversation_id = 'dead'");
        await _database.PutMetadataAsync("other", """{"last_updated_at":"2026-01-01T00:00:01.000000+00:00"}""");

        var held = await _a.Leases.ListAsync(null, CancellationToken.None);
        var found = await _a.Clients.FindOpenAsync(
            null, [.. new[] { "mine", "other", "dead", "never" }.Select(static id => TestStore.Key(id).Id)], CancellationToken.None);

        held.OrderBy(static one => one.Key.Id.Value).Select(static one => (one.Key, one.LastActive)).Should().Equal(
            (TestStore.Key("mine"), null),
            (TestStore.Key("other"), new DateTimeOffset(2026, 1, 1, 0, 0, 1, TimeSpan.Zero)));
        held.Should().OnlyContain(static one => one.Age >= TimeSpan.Zero && one.Age < TestLimits.Step);
        found.Select(static one => (one.Key.Value, one.Value)).Should().BeEquivalentTo(
            [("mine", new OpenConversation(true, 0)), ("other", new OpenConversation(true, 0))]);
    }

    [Fact]
    public async Task Leases_OfManyConversations_AreRenewedTogetherAndInPlaceWithoutThoseThatAreLocked()
    {
        await using var node = await TestedNode.StartAsync(_database, leaseTime: TimeSpan.FromSeconds(6));
        for (var n = 0; n < 20; n++)
        {
            await TakeAsync(node, await node.OpenAsync($"c{n}"));
        }

        await using var blocking = new Npgsql.NpgsqlConnection(_database.ConnectionString);
        await blocking.OpenAsync();
        await using var transaction = await blocking.BeginTransactionAsync();
        await using var row = new Npgsql.NpgsqlCommand(
            "SELECT FROM gateway.conversations WHERE conversation_id = 'c7' FOR UPDATE", blocking);
        await row.ExecuteNonQueryAsync();
        const string together = "SELECT count(DISTINCT xmin::text) FROM gateway.conversations WHERE conversation_id <> 'c7'";
        var before = await UntilAsync();

        await Eventually.IsTrueAsync(
            async () => await _database.ExecuteAsync(together) is 1L && await UntilAsync() > before, "they are renewed");

        (await _database.ExecuteAsync("SELECT min(owner_until) FROM gateway.conversations WHERE conversation_id = 'c7'"))
            .Should().NotBe(await UntilAsync());
    }

    [Fact]
    public async Task Indexes_OfTheConversations_HaveNothingThatAppendsMessagesOrRenewalsChange()
    {
        // Otherwise none of them is done in the row's own page (HOT), and each writes to the index too.
        const string columns =
            """
            SELECT string_agg(pg_get_indexdef(indexrelid), ';') FROM pg_index WHERE indrelid = 'gateway.conversations'::regclass
            """;

        ((string?)await _database.ExecuteAsync(columns)).Should().Contain("conversations_open").And.NotContainAny(
            "head", "fence", "epoch", "owner_until", "last_message");
    }

    private static async Task<IAgentLease> TakeAsync(TestedNode node, IEventLog log)
    {
        var lease = await node.Leases.TryTakeAsync(log, makesUnknown: true, CancellationToken.None);
        lease.Should().NotBeNull();
        return lease ?? throw new InvalidOperationException("Just looked at.");
    }

    private IJournal Journal(IEventLog log) => _database.Journals.Open(TestStore.Key("c"), "journal", log);

    private Task<List<string>> LinesAsync(IEventLog log) => Journal(log).ReadAsync(CancellationToken.None).ToListAsync().AsTask();

    private static Task LostAsync(IAgentLease lease)
    {
        var lost = new TaskCompletionSource();
        lease.Lost.Register(lost.SetResult);
        return lost.Task.WaitAsync(TestLimits.Step);
    }

    private async Task RunOutAsync() =>
        await _database.ExecuteAsync("UPDATE gateway.conversations SET owner_until = now() - interval '1 second'");

    private async Task<long> EpochAsync() =>
        await _database.ExecuteAsync("SELECT epoch FROM gateway.conversations") is long epoch ? epoch : 0;

    private async Task<DateTime> UntilAsync() =>
        await _database.ExecuteAsync("SELECT max(owner_until) FROM gateway.conversations") is DateTime until ? until : default;
}
