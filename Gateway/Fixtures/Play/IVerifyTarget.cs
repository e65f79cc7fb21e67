namespace Gateway.Fixtures.Play;

/// <summary>A server that fixtures are played against. One caller at a time.</summary>
internal interface IVerifyTarget : IAsyncDisposable
{
    /// <summary>Where it listens; may change with a restart.</summary>
    Uri Address { get; }

    /// <summary>False for a server that is not ours to stop: a recorded restart cannot be played.</summary>
    bool CanRestart { get; }

    Task RestartAsync(CancellationToken cancellationToken);
}

/// <summary>Gives each fixture a target. Thread-safe. Throws <see cref="TargetException"/> with one line for the user.</summary>
internal interface IVerifyTargetFactory
{
    Task<IVerifyTarget> StartAsync(Fixture fixture, TargetSettings settings, CancellationToken cancellationToken);
}

/// <summary>How the recorded server was set, as far as the recording shows it; a target that is started for it is set alike.</summary>
/// <param name="SessionApiKey">The key that was asked for; null when none was.</param>
/// <param name="MaxConcurrentConversations">0: no limit.</param>
/// <param name="UserId">Whose conversations it kept (<c>users/{id}/conversations</c>); null when they were nobody's.</param>
/// <param name="FastHeartbeat">The recording waits for heartbeats, which nobody wants to wait for in a test.</param>
internal sealed record TargetSettings(string? SessionApiKey, int MaxConcurrentConversations, string? UserId, bool FastHeartbeat);

/// <summary>A target that cannot be used. The message is one line for the user.</summary>
internal sealed class TargetException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A server at a URL.</summary>
internal sealed class UrlTarget(Uri address) : IVerifyTarget, IVerifyTargetFactory
{
    public Uri Address { get; } = address;

    public bool CanRestart => false;

    public Task<IVerifyTarget> StartAsync(Fixture fixture, TargetSettings settings, CancellationToken cancellationToken) => Task.FromResult<IVerifyTarget>(this);

    public Task RestartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
