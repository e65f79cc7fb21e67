using Gateway.Agents.V1;
using Gateway.Agents.V1.Bridge;
using Gateway.Agents.V1.Rest;
using Gateway.Agents.V1.Upstream;
using Gateway.Conversations;

using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>
/// A V1 agent against a stand-in server, on a conversation in memory. Owned by one test; disposing it closes the session.
/// </summary>
internal sealed class V1AgentHarness : IAsyncDisposable
{
    private readonly V1RestClient _rest;
    private readonly TestMeterFactory _meters = new();
    private readonly CountedMeasurements _counted;

    public V1AgentHarness(StandInV1Server server, MemoryConversation conversation, Action<V1Options>? configure = null,
        TimeProvider? clock = null, ILogger? logger = null)
    {
        Conversation = conversation;
        _counted = new CountedMeasurements(_meters);
        var values = new V1Options
        {
            BaseUrl = server.BaseUrl,
            SessionApiKey = server.Key,
            ReconnectDelay = TimeSpan.FromMilliseconds(20),
            MaxReconnectDelay = TimeSpan.FromMilliseconds(40),
            DetachAfter = TimeSpan.Zero,
            GapTimeout = TimeSpan.FromMilliseconds(200),
        };
        configure?.Invoke(values);
        var options = Options.Create(values);
        var services = new V1Context(clock ?? TimeProvider.System, new V1Metrics(_meters), logger ?? NullLogger.Instance);
        _rest = new V1RestClient(options, clock ?? TimeProvider.System, new V1Metrics(_meters));
        IEndpointLookup lookup = values.AppServerUrl is { } appServer
            ? new AppServerLookup(V1Endpoint.Create(appServer, values.SessionApiKey), _rest)
            : new FixedEndpoint(V1Endpoint.Create(server.BaseUrl, values.SessionApiKey));
        var connection = new UpstreamConnection(server.ConversationId, lookup, _rest, new ConversationTemplate(options), options, services);
        var titles = new TitleFollower(server.ConversationId, connection, new ConversationCalls(_rest, options), Titles, services);
        Agent = new V1Agent(server.ConversationId, connection, _rest, conversation, titles, services);
    }

    /// <summary>What was counted, by counter and kind: <c>gateway.v1.frames.dropped not_json</c>.</summary>
    public CountedMeasurements Counted => _counted;

    public MemoryConversation Conversation { get; }

    public MemoryTitle Titles { get; } = new();

    public V1Agent Agent { get; }

    public async Task<V1AgentHarness> StartAsync()
    {
        var opening = await Agent.OpenAsync(Conversation, CancellationToken.None).AsTask().WaitAsync(TestLimits.Step);
        opening.Refusal.Should().BeNull();
        await Agent.StartAsync(Conversation, CancellationToken.None);
        return this;
    }

    /// <summary>What a session does with a client's action.</summary>
    public async Task<string?> ActAsync(string action, JObject args)
    {
        var json = new JObject { ["action"] = action, ["args"] = args };
        var disposition = await Agent.AcceptAsync(new UserAction(json), CancellationToken.None).AsTask().WaitAsync(TestLimits.Step);
        if (disposition.StoredBySession)
        {
            var id = await Conversation.AppendAsync(json, Gateway.Conversations.Events.EventSource.User, CancellationToken.None);
            await Agent.OnStoredAsync(Conversation.Stored(id), CancellationToken.None);
        }

        return disposition.Refusal;
    }

    /// <summary>Completes when the agent has no work: a session asks that before it closes as idle.</summary>
    public Task UntilIdleAsync() => Eventually.IsTrueAsync(() => !Agent.IsBusy, "the agent has no work");

    public async ValueTask DisposeAsync()
    {
        await Agent.DisposeAsync().AsTask().WaitAsync(TestLimits.Step);
        _rest.Dispose();
        _counted.Dispose();
        _meters.Dispose();
    }
}

/// <summary>One conversation's title, in memory. Thread-safe.</summary>
internal sealed class MemoryTitle : ITitleStore
{
    private string? _title;

    /// <summary>Null while it has none of its own.</summary>
    public string? Title
    {
        get => Volatile.Read(ref _title);
        set => Volatile.Write(ref _title, value);
    }

    public ValueTask<bool> TrySetAsync(ConversationKey key, string title, bool onlyOverDefault, CancellationToken cancellationToken)
    {
        var current = Title;
        return new ValueTask<bool>(current != title
            && (current is null || !onlyOverDefault)
            && Interlocked.CompareExchange(ref _title, title, current) == current);
    }
}
