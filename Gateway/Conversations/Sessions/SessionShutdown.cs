namespace Gateway.Conversations.Sessions;

/// <summary>Ends the sessions when the process stops: what was accepted is stored, the backends end. Started and stopped by the host.</summary>
internal sealed class SessionShutdown(ConversationRegistry registry) : IHostedService
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => registry.CloseAllAsync(s_limit).WaitAsync(cancellationToken);
}
