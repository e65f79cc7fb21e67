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

/// <summary>A race of the cursor that only a log in the test's hands can bring about.</summary>
public sealed class CursorTests
{
    [Fact]
    public async Task Finish_JustWhenTheWalkFindsNothingMore_SaysWhatCameBeforeItFirst()
    {
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var server = new SocketServer(
            Options.Create(new SocketIOOptions()),
            new SocketMetrics(services.GetRequiredService<IMeterFactory>()),
            TestBudgets.Create(),
            TimeProvider.System,
            NullLoggerFactory.Instance);
        var handler = new Handler();
        server.Of("/", handler);
        var client = new FakeClient(new EngineHandshake("", new Dictionary<string, string>(), remoteAddress: null), reads: true);
        client.Attach(server);
        await client.SendAsync("0");
        (await client.ReadAsync()).Should().Be("CONNECT");
        var log = new EmptyLog();
        var socket = await handler.Socket.Task.WaitAsync(TestLimits.Step);
        var metrics = new ConversationMetrics(services.GetRequiredService<IMeterFactory>());
        using var store = TempStore.Empty();
        var options = new ConversationsOptions();
        var shared = new SessionContext(
            options,
            TimeProvider.System,
            new EventWriter(TimeProvider.System),
            new CursorScheduler(NullLogger<CursorScheduler>.Instance),
            new RecentEventBudget(options),
            TestStore.Catalogue(store.Root),
            NullLogger<ConversationSession>.Instance,
            metrics,
            new ConversationGateways(new SingleGateway(), new SingleGateway(), new SingleGateway(), new SingleGateway()),
            new PageReadAhead(TimeProvider.System));
        var cursor = new Cursor(socket, log, new RecentEventCache(shared.RecentEvents), new NewestAgentState(), (-1, -1), null, shared);

        // The walk has looked for transient messages, and now looks for events.
        log.OnHead = () =>
        {
            log.OnHead = static () => { };
            cursor.Notify(new TransientMessage(EventPackets.TransientMessage(TransientMessages.Error("last words")), -1));
            cursor.Finish();
        };
        cursor.GoLive();

        (await client.ReadThroughAsync("DISCONNECT")).Should().Equal("error: last words", "DISCONNECT");
        await cursor.Ended.WaitAsync(TestLimits.Step);
    }

    private sealed class EmptyLog : IEventLog
    {
        public Action OnHead { get; set; } = static () => { };

        public int Head
        {
            get
            {
                OnHead();
                return -1;
            }
        }

        public ValueTask<bool> TryAppendAsync(int id, ReadOnlyMemory<byte> json, CancellationToken cancellationToken) => new(false);

        public ValueTask<int> RefreshAsync(int claimedId, CancellationToken cancellationToken) => new(-1);

        public IDisposable Watch(Action onGrown) => new CancellationTokenSource();

        public ValueTask<EventPage> ReadAsync(int fromId, int throughId, CancellationToken cancellationToken) =>
            new(new EventPage([], [], throughId + 1, null));
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
