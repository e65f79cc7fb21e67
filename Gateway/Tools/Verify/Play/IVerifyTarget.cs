namespace Gateway.Tools.Verify.Play;

/// <summary>A server that fixtures are played against. One caller at a time.</summary>
internal interface IVerifyTarget : IAsyncDisposable
{
    /// <summary>Where it listens; may change with a restart.</summary>
    Uri Address { get; }

    /// <summary>False for a server that is not ours to stop: a recorded restart cannot be played.</summary>
    bool CanRestart { get; }

    Task RestartAsync(CancellationToken cancellationToken);

    /// <summary>Does what a person did to files by hand; nothing at a server whose files are not ours.</summary>
    Task ApplyAsync(FixtureChange change, CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>Gives each fixture a target. Thread-safe. Throws <see cref="TargetException"/> with one line for the user.</summary>
internal interface IVerifyTargetFactory
{
    TargetTraits Traits => TargetTraits.AtAnAddress;

    Task<IVerifyTarget> StartAsync(Fixture fixture, TargetSettings settings, CancellationToken cancellationToken);
}

/// <summary>What is known of a factory's targets.</summary>
/// <param name="IsOurs">They run in this process, on a copy of each fixture's store.</param>
/// <param name="MakesWorkspace">Their workspace is made by the commands that a fixture names.</param>
/// <param name="PlaysRecordedAgent">Their agent does again what the recorded one did.</param>
internal sealed record TargetTraits(bool IsOurs, bool MakesWorkspace, bool PlaysRecordedAgent)
{
    public static TargetTraits AtAnAddress { get; } = new(false, false, false);
}

/// <summary>How the recorded server was set, as far as the recording shows it; a target that is started for it is set alike.</summary>
/// <param name="SessionApiKey">The key that was asked for; null when none was.</param>
/// <param name="MaxConcurrentConversations">0: no limit.</param>
/// <param name="UserId">Whose conversations it kept (<c>users/{id}/conversations</c>); null when they were nobody's.</param>
/// <param name="FastHeartbeat">The recording waits for heartbeats, which nobody wants to wait for in a test.</param>
internal sealed record TargetSettings(string? SessionApiKey, int MaxConcurrentConversations, string? UserId, bool FastHeartbeat)
{
    /// <summary>Calls in a second were limited, and some were refused for it.</summary>
    public bool RateLimit { get; init; }

    /// <summary>The settings as the first answer showed them, where the recording came without the server's store; else null.</summary>
    public string? SettingsJson { get; init; }

    /// <summary>What no route knows was answered with the web UI's page, or nothing shows that it was not.</summary>
    public bool ServesWebUi { get; init; } = true;

    /// <summary>The recorded REST calls will be made.</summary>
    public bool PlaysRest { get; init; }

    /// <summary>When the recording began: a server that hides what is old is to look at it from there.</summary>
    public DateTimeOffset? Began { get; init; }
}

/// <summary>A target that cannot be used. The message is one line for the user.</summary>
internal sealed class TargetException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>It may do what is asked, and did not in time.</summary>
    public bool IsLate { get; init; }
}

/// <summary>A server at a URL.</summary>
internal sealed class UrlTarget(Uri address) : IVerifyTarget, IVerifyTargetFactory
{
    public Uri Address { get; } = address;

    public bool CanRestart => false;

    public Task<IVerifyTarget> StartAsync(Fixture fixture, TargetSettings settings, CancellationToken cancellationToken) =>
        Task.FromResult<IVerifyTarget>(this);

    public Task RestartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
