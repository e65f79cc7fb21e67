using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Newtonsoft.Json.Linq;

using Xunit.Abstractions;

namespace Gateway.Tests.Wire;

/// <summary>
/// Three gateways on one database, with readers that are cut off at random and writers, while nodes are killed one after another, lose
/// their listening connection, are paused past their lease, and (with <c>GATEWAY_LONG_TESTS</c>) lose the database for half a minute. Every
/// reader has seen its log, what was acknowledged stands in it once and what was refused does not, and the agent was at one node at a time.
/// </summary>
public sealed class FleetUnderFireTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Seed = 20261130;

    // With the long tests it is as many as two minutes have seconds, as far as nodes start so fast.
    private const int KillsByDefault = 2;

    // The shortest that can be set.
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(3);

    // When an agent is at another node at the latest. Only by default is more time given, as other tests run beside it then.
    private static readonly TimeSpan s_afterLease = LongTests.Scale(TestLimits.Step, TimeSpan.FromSeconds(1));

    private static readonly TimeSpan s_killing = TimeSpan.FromMinutes(2);
    private static readonly int s_conversationCount = LongTests.Scale(5, 30);
    private static readonly int s_readerCount = LongTests.Scale(10, 60);
    private static readonly int s_writerCount = LongTests.Scale(5, 20);

    private readonly Random _random = new(Seed);
    private readonly FleetHistory _history = new();
    private PostgresServer? _ownServer;
    private NodesStage _stage = null!; // Set before each test.
    private NodeFleet _fleet = null!; // Set before each test.
    private LogWitness _witness = null!; // Set before each test.

    public async Task InitializeAsync()
    {
        // Only a server of its own can be stopped.
        _ownServer = LongTests.AreAsked ? await PostgresServer.StartAsync() : null;
        _stage = await NodesStage.CreateAsync(_ownServer);
        _witness = await LogWitness.StartAsync(_stage.Database);
        _fleet = await NodeFleet.StartAsync(_stage, 3);
    }

    public async Task DisposeAsync()
    {
        await _fleet.DisposeAsync();
        await _stage.DisposeAsync();
        await (_ownServer?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    [Fact]
    public async Task Fleet_UnderFire_LosesNothingAndHasOneAgentAtATime()
    {
        string[] conversations = [.. Enumerable.Range(0, s_conversationCount).Select(static n => $"c{n}")];
        var readers = Enumerable.Range(0, s_readerCount)
            .Select(n => new FleetReader(_fleet, _history, conversations[n % conversations.Length], _random.Next())).ToList();
        var writers = Enumerable.Range(0, s_writerCount)
            .Select(n => new FleetWriter(_fleet, _history, $"w{n}", conversations, _random.Next())).ToList();
        using var stopWriting = new CancellationTokenSource();
        using var stopReading = new CancellationTokenSource();
        var writing = Task.WhenAll(writers.Select(writer => writer.RunAsync(stopWriting.Token)));
        var reading = Task.WhenAll(readers.Select(reader => reader.RunAsync(stopReading.Token)));

        await Task.WhenAll(readers.Select(static reader => reader.Connected)).WaitAsync(TestLimits.Slow);
        await KillAsync();
        await PauseAsync();
        var outage = _ownServer is null ? (DateTimeOffset?)null : await StopDatabaseAsync(_ownServer);
        await stopWriting.CancelAsync();
        await writing.WaitAsync(TestLimits.Slow);

        // Each conversation works, and its agent has nothing more to do.
        foreach (var conversation in conversations)
        {
            await writers[0].SayAndHearAsync(conversation);
        }

        await stopReading.CancelAsync();
        await reading.WaitAsync(TestLimits.Slow);
        var logs = new Dictionary<string, IReadOnlyList<JObject>>();
        foreach (var conversation in conversations)
        {
            logs.Add(conversation, await _stage.LogAsync(conversation));
        }

        var lines = await ReadToEndsAsync(readers, logs);
        var takeovers = await _witness.TakeoversAsync(_fleet, _history);
        var report = new FleetReport(_fleet, _history, readers, writers, logs);
        foreach (var line in report.Lines(takeovers, outage).Concat(FleetReport.Complaints(lines)))
        {
            output.WriteLine(line);
        }

        foreach (var reader in readers)
        {
            reader.Ids.Should().Equal(FleetReader.IdsOf(logs[reader.Conversation]), "a reader of {0} sees its log", reader.Conversation);
            await reader.DisposeAsync();
        }

        foreach (var conversation in conversations)
        {
            ShouldHoldWhatWasSaid(conversation, logs[conversation], writers);
        }

        (await _witness.FaultsAsync()).Should().BeEmpty("the agent's events come from its one owner, and epochs ascend");
        takeovers.Where(static time => time > s_lease + s_afterLease).Should().BeEmpty("an agent is at another node soon after its lease");
    }

    /// <summary>One node a second, where another one listens; now and then every listening connection as well.</summary>
    private async Task KillAsync()
    {
        using var over = new CancellationTokenSource(s_killing);
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1));
        for (var second = 0; LongTests.AreAsked ? !over.IsCancellationRequested : _fleet.Kills < KillsByDefault; second++)
        {
            await pace.WaitForNextTickAsync(CancellationToken.None);
            await _fleet.TryKillOneAsync(_random);
            if (second % 3 == 1)
            {
                await _stage.Database.ExecuteAsync(
                    """
                    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                    WHERE application_name = $1 AND datname = current_database()
                    """,
                    NodeFleet.ListenerName);
            }
        }

        await _fleet.StartedAsync().WaitAsync(TestLimits.Slow);
    }

    /// <summary>Nodes are stopped where they stand until their leases are over: by the real clock, which they go by.</summary>
    private async Task PauseAsync()
    {
        for (var pause = 0; pause < LongTests.Scale(1, 3); pause++)
        {
            var node = await _fleet.PauseOneAsync(_random);
            await Task.Delay(s_lease + TimeSpan.FromSeconds(1));
            await _fleet.ContinueAsync(node);
        }
    }

    /// <summary>Gives when it was back.</summary>
    private async Task<DateTimeOffset> StopDatabaseAsync(PostgresServer server)
    {
        await Task.Delay(TimeSpan.FromSeconds(2));
        await server.StopAsync();
        await Task.Delay(TimeSpan.FromSeconds(30));
        await server.ResumeAsync();
        _stage.Database.ConnectAnew();
        var back = TimeProvider.System.GetUtcNow();
        await Task.Delay(TimeSpan.FromSeconds(10));
        return back;
    }

    private async Task<IReadOnlyList<string>> ReadToEndsAsync(List<FleetReader> readers, Dictionary<string, IReadOnlyList<JObject>> logs)
    {
        await Task.WhenAll(readers.Select(reader => reader.ReadToAsync(FleetReader.IdsOf(logs[reader.Conversation]).Last())));
        return await _fleet.EndAsync();
    }

    private static void ShouldHoldWhatWasSaid(string conversation, IReadOnlyList<JObject> log, List<FleetWriter> writers)
    {
        var counts = log.Where(static json => (string?)json["source"] == "user" && (string?)json["action"] == "message")
            .CountBy(static json => (string?)json["args"]?["content"] ?? "").ToDictionary();
        foreach (var (_, text, end, _) in writers.SelectMany(static writer => writer.Said).Where(said => said.Conversation == conversation))
        {
            counts.Remove(text, out var count);
            var (least, most) = end switch
            {
                ActionEnd.Acknowledged => (1, 1),
                ActionEnd.Refused => (0, 0),
                _ => (0, 1),
            };
            count.Should().BeInRange(least, most, "{0} in {1} was {2}", text, conversation, end);
        }

        counts.Should().BeEmpty("nobody else has said anything in {0}", conversation);
    }
}
