namespace Gateway.SocketIO.Namespaces;

/// <summary>
/// Holds a stopping host until what clients have said is handled. The web server stops before it, and with it the connections;
/// the host's own shutdown time-out is the limit.
/// </summary>
internal sealed partial class SocketDrain(SocketServer server, ILogger<SocketDrain> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        try
        {
            await server.WhenIdleAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Log.GaveUp(logger);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Stopped while handlers of sockets were still at work.")]
        public static partial void GaveUp(ILogger logger);
    }
}
