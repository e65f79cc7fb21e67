using Gateway.Conversations.Runtime;
using Gateway.EngineIO;
using Gateway.EngineIO.Sessions;
using Gateway.SocketIO.Namespaces;

namespace Gateway.Operations;

/// <summary>
/// The one place that says in which order a stopping process lets go, so that nothing it has heard is lost: what was acknowledged is
/// stored, and what was heard is answered before its client is told that the server goes. The host calls it before it stops any
/// server; each step has a limit, all together stay below the host's own.
/// </summary>
internal sealed partial class StopSequence(
    SessionRegistry connections,
    ISessionPeers peers,
    SocketServer sockets,
    ConversationRegistry conversations,
    HandOver handOver,
    TimeProvider timeProvider,
    ILogger<StopSequence> logger)
    : IHostedLifecycleService
{
    // The host gives all of a stop 30 s by default, after the clients were let go; the web server needs some of them (StopLimitedServer).
    private static readonly TimeSpan s_handlersLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_logsLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_agentsLimit = TimeSpan.FromSeconds(8);

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        // 0. Balancers send nobody any more, and nobody comes in. Clients that can go elsewhere do so one by one, and this process serves
        // them until then.
        connections.StopAdmitting();
        peers.StopPassingOn();
        await (handOver.IsOn ? handOver.RunAsync(cancellationToken) : connections.LetGoAsync(timeProvider, cancellationToken));

        // 1. Nothing more is heard: a client that is not answered will say it again to the next process.
        var received = connections.StopReceivingAsync();

        // 2. What was heard is handled: stored by its conversation, and answered.
        await WithinAsync(HandledAsync(received, cancellationToken), s_handlersLimit, "handlers of sockets", cancellationToken);

        // 3. Conversations store what their agents have said by now, and then nothing more.
        var closing = conversations.CloseAll();
        await WithinAsync(closing.LogsClosed, s_logsLimit, "conversations", cancellationToken);

        // 4. Clients read what waits for them, and are told; the web server, which stops next, waits for their transports.
        connections.CloseAll();

        // 5. Agents let go of what they are connected to.
        await WithinAsync(closing.Ended, s_agentsLimit, "agents", cancellationToken);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task HandledAsync(Task received, CancellationToken cancellationToken)
    {
        await received;
        await sockets.WhenIdleAsync(cancellationToken);
    }

    private async Task WithinAsync(Task step, TimeSpan limit, string what, CancellationToken cancellationToken)
    {
        try
        {
            await step.WaitAsync(limit, timeProvider, cancellationToken);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            Log.GaveUp(logger, what);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Stopping: {What} were still at work when their time was over.")]
        public static partial void GaveUp(ILogger logger, string what);
    }
}
