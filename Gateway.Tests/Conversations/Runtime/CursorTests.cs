using System.Diagnostics.Metrics;

using Gateway.Conversations;
using Gateway.Conversations.Events;
using Gateway.Conversations.Replay;
using Gateway.Conversations.Runtime;
using Gateway.Conversations.Storage;
using Gateway.EngineIO;
using Gateway.SocketIO;
using Gateway.SocketIO.Namespaces;
using Gateway.Tests.Conversations.Support;
using Gateway.Tests.Support;

using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Gateway.Tests.Conversations.Runtime;

/// <summary>Races of the cursor that only a log in the test's hands can bring about.</summary>
public sealed class CursorTests
{
    [Fact]
    public async Task Finish_JustWhenTheWalkFindsNothingMore_SaysWhatCameBeforeItFirst()
    {
        await using var stage = await Stage.StartAsync(head: 0);
        stage.Recent.Shown(0);

        // The walk has looked for transient messages, and now reads events.
        stage.Log.OnRead = () =>
        {
            stage.Cursor.Notify(LastWords(afterId: -1));
            stage.Cursor.Finish();
        };
        stage.Cursor.GoLive();

        (await stage.Client.ReadThroughAsync("DISCONNECT")).Should().Equal("error: last words", "DISCONNECT");
        await stage.Cursor.Ended.WaitAsync(TestLimits.Step);
    }

    [Fact]
    public async Task Notify_WhileTheRoomIsNotShownTheHeadYet_ReadsNothing()
    {
        await using var stage = await Stage.StartAsync(head: 0);
        var reads = 0;
        stage.Log.OnRead = () => reads++;
        stage.Cursor.GoLive();

        // Something else than the event wakes it; the event is being read for all.
        stage.Cursor.Notify(LastWords(afterId: -1));
        (await stage.Client.ReadAsync()).Should().Be("error: last words");
        reads.Should().Be(0);

        stage.Recent.Shown(0);
        stage.Cursor.Finish();
        (await stage.Client.ReadAsync()).Should().Be("DISCONNECT");
        reads.Should().Be(1);
    }

    [Fact]
    public async Task Finish_WithAMessageThatWaitsForEventsThatNeverCome_SaysItAndEnds()
    {
        await using var stage = await Stage.StartAsync(head: -1);
        stage.Cursor.GoLive();

        stage.Cursor.Notify(LastWords(afterId: 5));
        stage.Cursor.Finish();

        (await stage.Client.ReadThroughAsync("DISCONNECT")).Should().Equal("error: last words", "DISCONNECT");
    }

    private static TransientMessage LastWords(int afterId) =>
        new(EventPackets.TransientMessage(TransientMessages.Error("last words")), afterId);

    private sealed class Stage : IAsyncDisposable
    {
        private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        private readonly TempStore _store = TempStore.Empty();

        private Stage(int head) => Log = new BlankLog(head);

        public BlankLog Log { get; }

        public FakeClient Client { get; private set; } = null!;

        public RecentEventCache Recent { get; private set; } = null!;

        public Cursor Cursor { get; private set; } = null!;

        public static async Task<Stage> StartAsync(int head)
        {
            var stage = new Stage(head);
            var meters = stage._services.GetRequiredService<IMeterFactory>();
            var server = new SocketServer(
                Options.Create(new SocketIOOptions()),
                new SocketMetrics(meters),
                TestBudgets.Create(),
                TimeProvider.System,
                NullLoggerFactory.Instance);
            var handler = new Handler();
            server.Of("/", handler);
            stage.Client = new FakeClient(new EngineHandshake("", new Dictionary<string, string>(), remoteAddress: null), reads: true);
            stage.Client.Attach(server);
            await stage.Client.SendAsync("0");
            (await stage.Client.ReadAsync()).Should().Be("CONNECT");
            var options = new ConversationsOptions();
            var shared = new SessionContext(
                options,
                TimeProvider.System,
                new EventWriter(TimeProvider.System),
                new CursorScheduler(NullLogger<CursorScheduler>.Instance),
                new RecentEventBudget(options),
                TestStore.Catalogue(stage._store.Root),
                NullLogger<ConversationSession>.Instance,
                new ConversationMetrics(meters),
                new ConversationGateways(
                    new SingleGateway(), new SingleGateway(), new SingleGateway(), new SingleGateway(), new NoClaims()),
                new PageReadAhead(TimeProvider.System));
            stage.Recent = new RecentEventCache(shared.RecentEvents);
            var socket = await handler.Socket.Task.WaitAsync(TestLimits.Step);
            var reads = new SharedReads(
                stage.Log, stage.Recent, new RecentReplay(shared.RecentEvents, TimeProvider.System), new NewestAgentState());
            stage.Cursor = new Cursor(socket, reads, (-1, -1), null, null, shared);
            return stage;
        }

        public async ValueTask DisposeAsync()
        {
            _store.Dispose();
            await _services.DisposeAsync();
        }
    }

    private sealed class BlankLog(int head) : IEventLog
    {
        public Action OnRead { get; set; } = static () => { };

        public int Head => head;

        public ValueTask<bool> TryAppendAsync(int id, ReadOnlyMemory<byte> json, CancellationToken cancellationToken) => new(false);

        public ValueTask<int> RefreshAsync(int claimedId, CancellationToken cancellationToken) => new(head);

        public IDisposable Watch(Action onGrown) => new CancellationTokenSource();

        public ValueTask<EventPage> ReadAsync(int fromId, int throughId, CancellationToken cancellationToken)
        {
            OnRead();
            return new(new EventPage([], [], throughId + 1, null));
        }
    }

    private sealed class Handler : INamespaceHandler
    {
        public TaskCompletionSource<SocketConnection> Socket { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ValueTask<ConnectDecision> ConnectAsync(SocketConnection socket, ConnectRequest request,
            CancellationToken cancellationToken) =>
            new(ConnectDecision.Accepted);

        public void Connected(SocketConnection socket) => Socket.TrySetResult(socket);

        public ValueTask EventAsync(SocketConnection socket, SocketEvent socketEvent) => default;

        public void Disconnected(SocketConnection socket, DisconnectReason reason)
        {
        }
    }
}
