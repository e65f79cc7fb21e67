using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.Clients;

/// <summary>Reads one conversation over all its connections, which it cuts now and then. One caller at a time.</summary>
internal sealed class FleetReader : IAsyncDisposable
{
    private readonly FleetClient _client;
    private readonly Random _random;
    private readonly List<int> _ids = [];
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _latest = -1;

    public FleetReader(NodeFleet fleet, FleetHistory history, string conversation, int seed)
    {
        Conversation = conversation;
        _random = new Random(seed);
        _client = new FleetClient(fleet, history, _random, Note);
    }

    public string Conversation { get; }

    /// <summary>Complete once it has been connected.</summary>
    public Task Connected => _connected.Task;

    /// <summary>
    /// The ids that it has been shown, in the order in which they came; but those of the agent's state, of which a replay shows the last
    /// one alone (PROTOCOL.md, "V0 replay").
    /// </summary>
    public IReadOnlyList<int> Ids => _ids;

    /// <summary>How often it has cut its connection.</summary>
    public int Cuts { get; private set; }

    /// <summary>The ids of a log that every client is shown, however it was connected.</summary>
    public static IEnumerable<int> IdsOf(IEnumerable<JObject> log) =>
        log.Where(IsShownToAll).Select(static json => WireClientReading.IdOf(json) ?? -1);

    /// <summary>Reads, and cuts its connection at random, until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await ConnectAsync();
            _connected.TrySetResult();
            var count = _random.Next(5, 200);
            while (count > 0 && await _client.NextAsync(stop) is not null)
            {
                count--;
            }

            if (count == 0)
            {
                Cuts++;
                await _client.CutAsync();
            }
        }
    }

    /// <summary>Reads on until it has been shown this id.</summary>
    public async Task ReadToAsync(int id)
    {
        using var limit = new CancellationTokenSource(TestLimits.Step);
        while (_ids.Count == 0 || _ids[^1] < id)
        {
            limit.IsCancellationRequested.Should().BeFalse("{0} is shown event {1}, after {2}", Conversation, id, _ids.LastOrDefault(-1));
            if (!_client.IsConnected)
            {
                await ConnectAsync();
            }

            await _client.NextAsync(limit.Token);
        }

        await _client.CutAsync();
    }

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    private static bool IsShownToAll(JObject json) =>
        (string?)json["action"] != "change_agent_state" && (string?)json["observation"] != "agent_state_changed";

    private Task ConnectAsync() => _client.ConnectAsync(Conversation, () => _latest);

    private void Note(JObject json)
    {
        var id = WireClientReading.IdOf(json) ?? -1;
        _latest = Math.Max(_latest, id);
        if (IsShownToAll(json))
        {
            _ids.Add(id);
        }
    }
}
