using System.Collections.Concurrent;
using System.Net;

using Gateway.Conversations.Storage;
using Gateway.Tools.Shadow;
using Gateway.Tools.Shadow.Compare;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>
/// A stand-in for V0 over a store, a shadow before it, and a candidate: a gateway over a copy of that store, behind whatever faults a test
/// wants. Links on both sides of the shadow keep every byte. One test owns it.
/// </summary>
internal sealed class ShadowStage : IAsyncDisposable
{
    // A client's program may be ended before it has read the goodbye: of three that says nothing.
    private const int ManyConnections = 10;

    private readonly TempStore _store;
    private readonly TempStore _copy;
    private readonly TempStore _fixtures = TempStore.Empty();
    private readonly GatewayHost _candidate;
    private readonly ConcurrentQueue<string> _lines = new();

    private ShadowStage(TempStore store, TempStore copy, GatewayHost server, GatewayHost candidate, FaultyCandidate faults)
    {
        (_store, _copy, Server, _candidate, Faults) = (store, copy, server, candidate, faults);
        Behind = new WitnessLink(server.Address.Port);
    }

    public GatewayHost Server { get; }

    public FaultyCandidate Faults { get; }

    /// <summary>Between V0 and the shadow.</summary>
    public WitnessLink Behind { get; }

    /// <summary>Between the shadow and the clients.</summary>
    public WitnessLink Before { get; private set; } = null!;

    public ShadowHost Shadow { get; private set; } = null!;

    /// <summary>Where clients come.</summary>
    public Uri Address => Before.Address;

    public string Conversation => _store.Conversations().Single();

    public TempStore Store => _store;

    public string FixtureFolder => _fixtures.Root;

    public IReadOnlyCollection<string> Lines => _lines;

    public static async Task<ShadowStage> StartAsync(
        string recording = "replay-full", Func<ShadowSettings, ShadowSettings>? change = null, string agent = "none",
        TimeSpan? timeout = null, bool withStore = true, Uri? candidate = null)
    {
        var store = Recording.Named(recording).CopyStore();
        MakeYoung(store);
        var copy = TempStore.CopyOf(store.Root);
        var sound = await GatewayHost.StartAsync(copy, "Agent=none");
        var server = await GatewayHost.StartAsync(store, $"Agent={agent}");
        var stage = new ShadowStage(store, copy, server, sound, await FaultyCandidate.StartAsync(sound.Address));
        var settings = new ShadowSettings(new IPEndPoint(IPAddress.Loopback, 0), stage.Behind.Address)
        {
            CpuPercent = 100,
            FixtureFolder = stage.FixtureFolder,
            Candidate = new CandidateOptions(timeout ?? TestLimits.Step, TimeSpan.FromSeconds(20))
            {
                StorePath = withStore ? store.Root : null,
            },
        };
        stage.Shadow = new ShadowHost(
            change?.Invoke(settings) ?? settings, new CandidateAtAnAddress(candidate ?? stage.Faults.Address), stage._lines.Enqueue,
            static _ => { }, TimeProvider.System);
        stage.Shadow.Start();
        stage.Before = new WitnessLink(stage.Shadow.Address.Port);
        return stage;
    }

    /// <summary>V0's lists leave out what is older than ten days, and recordings grow old.</summary>
    private static void MakeYoung(TempStore store)
    {
        foreach (var id in store.Conversations())
        {
            var path = store.PathOf("sessions", id, "metadata.json");
            var metadata = JObject.Parse(File.ReadAllText(path));
            metadata["created_at"] = ConversationMetadata.Timestamp(DateTimeOffset.UtcNow);
            File.WriteAllText(path, metadata.ToString(Formatting.None));
        }
    }

    /// <summary>Waits until so many things were compared or dropped, and nothing is under way.</summary>
    public Task ComparedAsync(int count) => Eventually.IsTrueAsync(
        () => Shadow.Counters.Compared + Shadow.Counters.Dropped >= count && Shadow.Pending == 0,
        $"{count} comparisons are done (now {Shadow.Counters.Compared}, dropped {Shadow.Counters.Dropped})");

    /// <summary>
    /// Every connection's bytes on the clients' side are those on V0's side. Who leaves without waiting, and resets what still comes, got
    /// the beginning of them.
    /// </summary>
    public async Task BytesShouldBeV0sAsync()
    {
        await Eventually.IsTrueAsync(
            () =>
            {
                var (near, far) = (Before.Connections, Behind.Connections);
                return near.Count == far.Count && near.All(client => far.Any(server => IsSame(client, server)));
            },
            "the bytes are the same on both sides");
        var behind = Behind.Connections.ToHashSet();
        var (all, whole) = (Before.Connections.Count, Before.Connections.Count(behind.Contains));
        all.Should().BePositive();
        if (all >= ManyConnections)
        {
            whole.Should().BeGreaterThanOrEqualTo(all * 4 / 5, "few of {0} leave without waiting", all);
        }
    }

    private static bool IsSame((string Up, string Down) client, (string Up, string Down) server) =>
        client.Up.StartsWith(server.Up, StringComparison.Ordinal) && server.Down.StartsWith(client.Down, StringComparison.Ordinal);

    public IReadOnlyList<DifferenceGroup> Differences => [.. Shadow.Groups.All.Where(static group => !group.Key.IsIntended)];

    public async ValueTask DisposeAsync()
    {
        await Before.DisposeAsync();
        await Shadow.DisposeAsync();
        await Behind.DisposeAsync();
        await Faults.DisposeAsync();
        await Server.DisposeAsync();
        await _candidate.DisposeAsync();
        _store.Dispose();
        _copy.Dispose();
        _fixtures.Dispose();
    }
}
