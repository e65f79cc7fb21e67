using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;

using Gateway.Access;
using Gateway.Conversations;
using Gateway.Conversations.Events;
using Gateway.Conversations.Runtime;
using Gateway.Conversations.Storage;
using Gateway.Conversations.Storage.Files;
using Gateway.EngineIO;
using Gateway.Primitives.Json;
using Gateway.SocketIO.Namespaces;
using Gateway.Tests.Support;

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Conversations.Support;

/// <summary>
/// The whole conversations layer at work, on the real Socket.IO layer and the real store in a temporary folder; only the transport,
/// the clock and, where asked, the agent are made up. Disposing it fails the test when the log has a complaint that it does not expect.
/// </summary>
internal sealed class ConversationRig : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly SocketServer _server;
    private readonly List<FakeClient> _clients = [];

    public ConversationRig(
        Action<ConversationsOptions>? configure = null,
        Func<TimeProvider, ILoggerFactory, IAgentBackendFactory>? agent = null,
        string sessionApiKey = "",
        IAccessPolicy? policy = null,
        params KeyValuePair<string, string?>[] settings)
    {
        Root = Directory.CreateTempSubdirectory("gateway-rig-").FullName;
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Debug).AddProvider(Log));
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection([new("Storage:Root", Root), new("Access:SessionApiKey", sessionApiKey), .. settings])
            .Build());
        services.AddSingleton<TimeProvider>(Clock);
        services.AddAccess();
        services.AddStorageThreads().AddFileStorage();
        services.AddSocketIO();
        services.AddConversations();
        services.AddSingleton<FileCatalogue>();
        services.AddSingleton<FileEventLogStore>();
        services.AddSingleton<HookedStore>(static provider =>
            new(provider.GetRequiredService<FileCatalogue>(), provider.GetRequiredService<FileEventLogStore>()));
        services.AddSingleton<IConversationCatalogue>(static provider => provider.GetRequiredService<HookedStore>());
        services.AddSingleton<IEventLogStore>(static provider => provider.GetRequiredService<HookedStore>());
        if (agent is null)
        {
            // As an instance, which the container does not dispose: it is a backend too, and its sessions have ended it.
            services.AddSingleton<IAgentBackendFactory>(Agent);
        }
        else
        {
            services.AddSingleton(provider => agent(Clock, provider.GetRequiredService<ILoggerFactory>()));
        }

        if (policy is not null)
        {
            services.AddSingleton(policy);
        }

        services.PostConfigure<ConversationsOptions>(options => configure?.Invoke(options));
        _services = services.BuildServiceProvider();
        _server = _services.GetRequiredService<SocketServer>();
        _server.Of("/", _services.GetRequiredService<ConversationNamespace>());
        Store = _services.GetRequiredService<HookedStore>();
        Registry = _services.GetRequiredService<ConversationRegistry>();
    }

    public FakeTimeProvider Clock { get; } = new();

    public CapturedLog Log { get; } = new();

    public FakeAgent Agent { get; } = new();

    public HookedStore Store { get; }

    public ConversationRegistry Registry { get; }

    public ConversationService Service => _services.GetRequiredService<ConversationService>();

    public IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    public RecentEventBudget RecentEvents => _services.GetRequiredService<RecentEventBudget>();

    /// <summary>The store's folder.</summary>
    public string Root { get; }

    public static ConversationKey Key(string id) =>
        ConversationId.TryParse(id, out var parsed) ? new ConversationKey(parsed) : throw new ArgumentException(id);

    public string PathOf(string file, string id = "c1") => Path.Combine(Root, "sessions", id, file);

    /// <summary>The conversation's metadata as it stands on disk.</summary>
    public JObject Metadata(string id = "c1") => JsonTree.TryReadObject(File.ReadAllBytes(PathOf("metadata.json", id)), out var json)
        ? json
        : throw new InvalidDataException();

    /// <summary>The event as it stands on disk.</summary>
    public JObject Stored(int eventId, string id = "c1") => JObject.Parse(File.ReadAllText(PathOf($"events/{eventId}.json", id)));

    public bool IsStored(int eventId, string id = "c1") => File.Exists(PathOf($"events/{eventId}.json", id));

    /// <summary>Stores events before any session is open, from id 0 on.</summary>
    public async Task StoreAsync(IEnumerable<(JObject Draft, EventSource Source)> events, string id = "c1")
    {
        var writer = _services.GetRequiredService<EventWriter>();
        var log = await _services.GetRequiredService<FileEventLogStore>().OpenAsync(Key(id), CancellationToken.None);
        foreach (var (draft, source) in events)
        {
            var eventId = log.Head + 1;
            (await log.TryAppendAsync(eventId, writer.Write(eventId, source, draft).Json, CancellationToken.None)).Should().BeTrue();
        }
    }

    /// <summary>So many messages of the agent.</summary>
    public Task StoreMessagesAsync(int count, string id = "c1") =>
        StoreAsync(Enumerable.Range(0, count).Select(static n => (Drafts.Message($"m{n}"), EventSource.Agent)), id);

    /// <summary>A client that has opened its connection, and said nothing yet.</summary>
    public FakeClient Open(string query, bool reads = true, params (string Name, string Value)[] headers) =>
        Open(query, null, reads, headers);

    public FakeClient Open(string query, IPAddress? address, params (string Name, string Value)[] headers) =>
        Open(query, address, reads: true, headers);

    private FakeClient Open(string query, IPAddress? address, bool reads, (string Name, string Value)[] headers)
    {
        var client = new FakeClient(
            new EngineHandshake(
                query,
                headers.ToDictionary(static header => header.Name, static header => header.Value),
                address),
            reads);
        client.Attach(_server);
        lock (_clients)
        {
            _clients.Add(client);
        }

        return client;
    }

    /// <summary>A client that has sent its CONNECT.</summary>
    public async Task<FakeClient> ConnectAsync(string id = "c1", int latest = -1, bool reads = true)
    {
        var client = Open($"?conversation_id={id}&latest_event_id={latest}", reads);
        await client.SendAsync("0");
        return client;
    }

    /// <summary>
    /// A client that has been let in, has read through its CONNECT answer, and is in the room before whatever comes later.
    /// </summary>
    public async Task<FakeClient> JoinAsync(string id = "c1", int latest = -1)
    {
        const string connected = "Connected to namespace /";
        var before = Log.Count(connected);
        var client = await ConnectAsync(id, latest);
        await client.ReadThroughAsync("CONNECT");
        await Log.WaitForAsync(connected, before + 1);
        return client;
    }

    /// <summary>
    /// Nothing is kept for cursors any more. The last one says so just after its client was given the event: in a moment, on another
    /// thread.
    /// </summary>
    public Task UntilNothingIsKeptAsync() => Eventually.IsTrueAsync(() => RecentEvents.HeldBytes == 0, "nothing is kept");

    /// <summary>Lets the clock go on in steps until the condition holds, for what another thread does in a moment.</summary>
    public async Task AdvanceUntilAsync(TimeSpan step, Func<bool> condition)
    {
        var limit = Stopwatch.StartNew();
        while (!condition())
        {
            limit.Elapsed.Should().BeLessThan(TestLimits.Step);
            Clock.Advance(step);
            await Task.Yield();
        }
    }

    /// <summary>
    /// Lets the clock go on until the conversation closes as idle: its hour begins when the last hold has ended, which may be just after a
    /// client was seen to leave. The steps are shorter than the limits of a closing session.
    /// </summary>
    public async Task CloseAsIdleAsync(string id = "c1")
    {
        var session = Registry.FindOpen(Key(id)) ?? throw new InvalidOperationException("It is not open.");
        await AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => session.IsClosing);
        await Log.WaitForAsync($"Conversation {id} closed: idle");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            client.Drop();
        }

        await Registry.CloseAll().Ended.WaitAsync(TestLimits.Step);

        // A client that was let in at this moment is still being given what its conversation's log holds.
        await _server.WhenIdleAsync(CancellationToken.None).WaitAsync(TestLimits.Step);
        await _services.DisposeAsync().AsTask().WaitAsync(TestLimits.Step);
        Directory.Delete(Root, recursive: true);
        Log.Complaints.Should().BeEmpty();
    }
}
