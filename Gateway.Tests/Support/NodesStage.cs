using System.Collections.Concurrent;

using Gateway.Conversations.Storage;
using Gateway.Tests.Wire.Clients;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>A database that several gateways share, and ways to start them. One test owns it.</summary>
internal sealed class NodesStage : IAsyncDisposable
{
    public const string Conversation = "shared";
    public const string ClusterSecret = "what-the-gateways-of-this-test-know-one-another-by";

    private readonly TempStore _nothing = TempStore.Empty();

    // Also those of a test that failed while others were starting.
    private readonly ConcurrentQueue<GatewayProcess> _processes = [];

    private NodesStage(TestedDatabase database) => Database = database;

    public TestedDatabase Database { get; }

    /// <param name="server">The database's server, where it is not the tests' shared one.</param>
    public static async Task<NodesStage> CreateAsync(PostgresServer? server = null) => new(await TestedDatabase.CreateAsync(server));

    /// <summary>A gateway in this process, with an echo agent.</summary>
    public Task<GatewayHost> StartAsync(params string[] settings) => GatewayHost.StartAsync(
        _nothing,
        [
            "Agent=echo", "Echo:StepDelay=00:00:00.010", $"Storage:Kind={StorageKind.Postgres}",
            $"Storage:Postgres:ConnectionString={Database.ConnectionString}", .. settings,
        ]);

    /// <summary>A gateway in this process that hands polling requests on to others, and takes them from others.</summary>
    public Task<GatewayHost> StartPassingOnAsync(params string[] settings)
    {
        var address = $"http://127.0.0.1:{NginxProxy.FreePort()}";
        return StartAsync([$"urls={address}", $"Cluster:Address={address}", $"Cluster:Secret={ClusterSecret}", .. settings]);
    }

    /// <summary>
    /// As <see cref="StartPassingOnAsync"/>, in a process of its own, at an address that it keeps when it is started again.
    /// </summary>
    public Task<GatewayProcess> StartPassingOnProcessAsync(Uri address, Dictionary<string, string>? settings = null) =>
        StartProcessAsync(new Dictionary<string, string>(settings ?? [])
        {
            ["URLS"] = address.GetLeftPart(UriPartial.Authority),
            ["Cluster__Address"] = address.GetLeftPart(UriPartial.Authority),
            ["Cluster__Secret"] = ClusterSecret,
        });

    /// <summary>A gateway that can be killed, with an echo agent unless the settings say otherwise.</summary>
    public async Task<GatewayProcess> StartProcessAsync(Dictionary<string, string>? settings = null)
    {
        var process = await GatewayProcess.StartListeningAsync(EnvironmentOf(settings));
        _processes.Enqueue(process);
        return process;
    }

    /// <summary>What a gateway's own process is told, for who starts it otherwise.</summary>
    public Dictionary<string, string> EnvironmentOf(Dictionary<string, string>? settings = null)
    {
        var environment = new Dictionary<string, string>
        {
            ["FILE_STORE_PATH"] = _nothing.Root,
            ["Agent"] = "echo",
            ["Echo__StepDelay"] = "00:00:00.010",
            ["Storage__Kind"] = $"{StorageKind.Postgres}",
            ["Storage__Postgres__ConnectionString"] = Database.ConnectionString,
            ["Storage__Postgres__LeaseTime"] = "00:00:03",
        };
        foreach (var (name, value) in settings ?? [])
        {
            environment[name] = value;
        }

        return environment;
    }

    /// <summary>What stands in the conversation's log.</summary>
    public async Task<IReadOnlyList<JObject>> LogAsync(string conversation = Conversation)
    {
        var (events, _) = await TestStore.ReadAllAsync(await Database.OpenAsync(conversation));
        return [.. events.Select(static stored => JObject.Parse(stored.Json))];
    }

    /// <summary>How often the conversation's agent has been taken.</summary>
    public async Task<long> EpochAsync(string conversation = Conversation) =>
        await Database.ExecuteAsync("SELECT epoch FROM gateway.conversations WHERE conversation_id = $1", conversation) is long epoch
            ? epoch
            : 0;

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }

        await Database.DisposeAsync();
        _nothing.Dispose();
    }
}

/// <summary>A client of one gateway that keeps what it saw. Owned by one test.</summary>
internal sealed class NodeClient : IAsyncDisposable
{
    private readonly HandWrittenClient _client = new([]);

    // What has come since the last message was sent and before its acknowledgement: the agent may be quicker than it.
    private readonly Queue<JObject> _beforeAnswer = [];

    /// <summary>
    /// Events with ids, in the order in which they came; without the changes that the environment asks its agent for, which only a replay
    /// shows.
    /// </summary>
    public List<JObject> Events { get; } = [];

    /// <summary>What came without an id.</summary>
    public List<JObject> Others { get; } = [];

    /// <summary>What its CONNECT was refused with; null when it was let in.</summary>
    public string? Refusal { get; private set; }

    public bool IsRefused => Refusal is not null;

    public static async Task<NodeClient> ConnectAsync(Uri address, int latest = -1, string conversation = NodesStage.Conversation)
    {
        var client = await AskAsync(address, conversation, latest);
        client.Refusal.Should().BeNull();
        return client;
    }

    /// <summary>As above, and it may be refused.</summary>
    public static async Task<NodeClient> AskAsync(Uri address, string conversation, int latest = -1)
    {
        var client = new NodeClient();
        await client._client.ConnectAsync(new Visit(address, conversation, latest));
        var answer = await client.UntilAsync(static seen => seen.On is "connect" or "refused");
        client.Refusal = answer.On == "connect" ? null : answer.Value.ToString();
        return client;
    }

    public Task SendAsync(string text)
    {
        _beforeAnswer.Clear();
        return _client.EmitAsync(Actions.Message(text), wantsAck: true);
    }

    /// <summary>Sends a message and gives what the acknowledgement says.</summary>
    public async Task<string> SayAsync(string text)
    {
        await SendAsync(text);
        return await AnswerAsync();
    }

    public async Task<string> AnswerAsync()
    {
        var answer = await UntilAsync(seen =>
        {
            if (seen is { On: "event", Value: JObject json })
            {
                _beforeAnswer.Enqueue(json);
            }

            return seen.On == "ack";
        });
        return answer.Value.ToString();
    }

    /// <summary>Reads on until an event is one like this; those before the last message's acknowledgement count as well.</summary>
    public async Task UntilEventAsync(Func<JObject, bool> isIt)
    {
        while (_beforeAnswer.TryDequeue(out var earlier))
        {
            if (isIt(earlier))
            {
                return;
            }
        }

        await UntilAsync(seen => seen.On == "event" && seen.Value is JObject json && isIt(json));
    }

    /// <summary>Reads on until the client has been disconnected.</summary>
    public Task UntilGoneAsync() => UntilAsync(static seen => seen.On == "disconnect");

    /// <summary>Reads on until the echo agent has answered so many messages and waits.</summary>
    public async Task UntilAnsweredAsync(int turns)
    {
        while (Events.Count(IsEcho) < turns || (string?)Events[^1]["extras"]?["agent_state"] != "awaiting_user_input")
        {
            await UntilAsync(static seen => seen.On == "event");
        }
    }

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    public static bool IsEcho(JObject json) =>
        (string?)json["action"] == "message" && (string?)json["source"] == "agent";

    /// <summary>
    /// The ids that every client sees of a log, or of what a client saw: from the first message on, since who comes later is not shown the
    /// agent's states before it.
    /// </summary>
    public static IEnumerable<int?> IdsOf(IEnumerable<JObject> events) => events.Where(IsShownLive)
        .SkipWhile(static json => (string?)json["action"] != "message" || (string?)json["source"] != "user")
        .Select(static json => WireClientReading.IdOf(json));

    private static bool IsShownLive(JObject json) => (string?)json["action"] != "change_agent_state";

    private async Task<Observation> UntilAsync(Func<Observation, bool> isIt)
    {
        while (true)
        {
            var seen = await _client.Seen.ReadAsync().AsTask().WaitAsync(TestLimits.Step);
            if (seen.On == "event" && seen.Value is JObject json && IsShownLive(json))
            {
                (WireClientReading.IdOf(json) is null ? Others : Events).Add(json);
            }

            if (isIt(seen))
            {
                return seen;
            }
        }
    }
}
