using Gateway.Fixtures.Wire;
using Gateway.Primitives.Har;

namespace Gateway.Fixtures.Play;

/// <summary>How fixtures are played.</summary>
/// <param name="StepTimeout">How long a step waits for what the target owes before it.</param>
internal sealed record PlayOptions(TimeSpan StepTimeout, bool ReplayOnly);

/// <summary>What came of playing: the target's side of each connection, and the answers to requests of their own.</summary>
internal sealed record PlayedSession(
    IReadOnlyDictionary<int, ConnectionView> Connections,
    IReadOnlyDictionary<int, IReadOnlyList<HttpOutcome>> Posts,
    IReadOnlyList<HttpOutcome> Requests,
    IReadOnlyDictionary<string, EventIdMap> Ids);

/// <summary>
/// Plays the client side of one fixture: causal, not timed. A step waits until all that was recorded before it, and that the target
/// owes, has come, on every connection. Used once, by one caller; owns its connections.
/// </summary>
internal sealed class SessionPlayer(RecordedSession session, IVerifyTarget target, PlayOptions options, TimeProvider timeProvider) : IAsyncDisposable
{
    // A target that once let a step wait in vain lets the next ones wait as well: they get this much.
    private static readonly TimeSpan s_shortTimeout = TimeSpan.FromMilliseconds(250);

    // Time for what a faulty target may send too much before the client goes.
    private static readonly TimeSpan s_settle = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan s_longLook = TimeSpan.FromMilliseconds(1);

    private readonly Dictionary<int, PlayedConnection> _connections = [];
    private readonly Dictionary<int, Expectation> _lastMissed = [];
    private readonly List<HttpOutcome> _requests = [];
    private readonly List<PlayedConnection> _toldToLeave = [];
    private readonly Pulse _pulse = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly Dictionary<string, EventIdMap> _ids = session.Connections.Select(static connection => connection.ConversationId).Distinct().ToDictionary(
        static id => id,
        id => new EventIdMap(session.Log(id), [.. session.Actions(id).Where(static action => action.IsDropped).Select(static action => action.Payload).OfType<Newtonsoft.Json.Linq.JObject>()]));

    private bool _restarted;
    private bool _missesRestart;

    /// <exception cref="TargetException">The target cannot be used at all.</exception>
    public async Task<PlayedSession> PlayAsync(CancellationToken cancellationToken)
    {
        foreach (var step in PlayScript.Build(session, options.ReplayOnly))
        {
            await AwaitOwedAsync(step, cancellationToken);
            await DoAsync(step, cancellationToken);
        }

        foreach (var connection in _toldToLeave)
        {
            await WaitAsync(() => connection.IsOver || connection.View().Disconnect is not null, s_shortTimeout, cancellationToken);
            await connection.LeaveAsync(cancellationToken);
        }

        return new PlayedSession(
            _connections.ToDictionary(static pair => pair.Key, static pair => pair.Value.View()),
            _connections.ToDictionary(static pair => pair.Key, static pair => pair.Value.Outcomes),
            _requests,
            _ids);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections.Values)
        {
            await connection.DisposeAsync();
        }

        _http.Dispose();
    }

    private async Task DoAsync(PlayStep step, CancellationToken cancellationToken)
    {
        if (step.Kind == StepKind.Request)
        {
            _requests.Add(await RequestAsync(step.Entry ?? throw new InvalidOperationException("A request step without its entry."), cancellationToken));
            return;
        }

        var recorded = step.Connection ?? throw new InvalidOperationException("A step of a connection without the connection.");
        if (step.Kind == StepKind.Open)
        {
            var opened = new PlayedConnection(recorded, target.Address, _http, _pulse);
            _connections[recorded.Number] = opened;
            _restarted = false;
            await OpenAsync(opened, cancellationToken);
            return;
        }

        var connection = _connections[recorded.Number];
        await (step.Kind switch
        {
            StepKind.Upgrade => connection.UpgradeAsync(step.Entry ?? recorded.Recording.Opening, cancellationToken),
            StepKind.Send => connection.SendAsync(step.Frame, cancellationToken),
            StepKind.Post => connection.PostAsync(step.Entry ?? recorded.Recording.Opening, step.FrameIndex, cancellationToken),
            StepKind.AwaitClose => AwaitCloseAsync(connection, cancellationToken),
            _ => LeaveAsync(connection, cancellationToken),
        });
    }

    private async Task OpenAsync(PlayedConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            var refusal = await connection.OpenAsync(cancellationToken).WaitAsync(options.StepTimeout, timeProvider, cancellationToken);

            // A target that has opened nothing yet is none; later on, a session that it does not open is a difference.
            if (refusal is not null && !_connections.Values.Any(static one => one.View().Open is not null))
            {
                throw new TargetException(refusal);
            }
        }
        catch (TimeoutException error)
        {
            throw new TargetException($"{target.Address} does not answer within {options.StepTimeout.TotalSeconds:0.#} s", error);
        }
    }

    private async Task LeaveAsync(PlayedConnection connection, CancellationToken cancellationToken)
    {
        if (connection.Recorded.View.Disconnect is not null && !connection.IsOver && connection.View().Disconnect is null)
        {
            // It left because it was told to; until the target tells it, it stays.
            _toldToLeave.Add(connection);
            return;
        }

        await Task.Delay(s_settle, timeProvider, cancellationToken);
        await connection.LeaveAsync(cancellationToken);
    }

    private async Task AwaitCloseAsync(PlayedConnection connection, CancellationToken cancellationToken)
    {
        if (connection.Recorded.EndsByRestart && !target.CanRestart)
        {
            // The server is not ours to stop: what can be played of a restart is that the client goes, and comes back.
            _missesRestart = true;
            await connection.LeaveAsync(cancellationToken);
            return;
        }

        if (connection.Recorded.EndsByRestart && !_restarted)
        {
            // Several connections ended with the one restart.
            _restarted = true;
            await target.RestartAsync(cancellationToken);
        }

        var limit = options.StepTimeout + Heartbeat(connection);
        await WaitAsync(() => connection.IsOver, limit, cancellationToken);
        await connection.LeaveAsync(cancellationToken);
    }

    // A client that answers no ping is closed when interval and time-out are over.
    private static TimeSpan Heartbeat(PlayedConnection connection)
    {
        if (connection.Recorded.AnswersPings || connection.View().Open is not { } open)
        {
            return TimeSpan.Zero;
        }

        var milliseconds = ((double?)open["pingInterval"] ?? 0) + ((double?)open["pingTimeout"] ?? 0);
        return TimeSpan.FromMilliseconds(Math.Clamp(milliseconds, 0, 120_000));
    }

    private async Task<HttpOutcome> RequestAsync(HarEntry entry, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.StepTimeout);
        try
        {
            using var request = TargetUri.Request(entry, TargetUri.For(target.Address, entry.Url, null, webSocket: false));
            using var response = await _http.SendAsync(request, limit.Token);
            return new HttpOutcome(entry, -1, (int)response.StatusCode, await response.Content.ReadAsStringAsync(limit.Token));
        }
        catch (Exception error) when (error is HttpRequestException or IOException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return new HttpOutcome(entry, -1, 0, error.Message);
        }
    }

    private async Task AwaitOwedAsync(PlayStep step, CancellationToken cancellationToken)
    {
        foreach (var connection in _connections.Values.Where(connection => !connection.IsOver && !_toldToLeave.Contains(connection)))
        {
            var recorded = connection.Recorded;

            // What came after a REST call that is not played may be its effect: it is waited for, but not for long.
            if (session.FirstRestEffect(recorded) is { } effect && effect < step.Time)
            {
                await AwaitOwedAsync(connection, step, effect, mayBeMissing: false, cancellationToken);
                await AwaitOwedAsync(connection, step, step.Time, mayBeMissing: true, cancellationToken);
            }
            else
            {
                await AwaitOwedAsync(connection, step, step.Time, _missesRestart, cancellationToken);
            }
        }
    }

    private async Task AwaitOwedAsync(PlayedConnection connection, PlayStep step, DateTimeOffset until, bool mayBeMissing, CancellationToken cancellationToken)
    {
        var recorded = connection.Recorded;
        var owed = Expectation.Before(recorded, until, session.HeadAtConnect(recorded), options.ReplayOnly);
        if (step.Frame.Text == "5" && ReferenceEquals(step.Connection, recorded))
        {
            // Between probe and upgrade a server may hold everything back.
            owed = owed.ForUpgrade();
        }

        if (_lastMissed.GetValueOrDefault(recorded.Number) == owed)
        {
            return;
        }

        var ids = _ids[recorded.ConversationId];
        var limit = mayBeMissing || _lastMissed.ContainsKey(recorded.Number) ? s_shortTimeout : options.StepTimeout;
        if (!await WaitAsync(() => connection.IsOver || owed.IsMetBy(connection.View(), ids), limit, cancellationToken))
        {
            _lastMissed[recorded.Number] = owed;
        }
    }

    private async Task<bool> WaitAsync(Func<bool> isMet, TimeSpan limit, CancellationToken cancellationToken)
    {
        var started = timeProvider.GetTimestamp();
        while (true)
        {
            var next = _pulse.Next;
            var looked = timeProvider.GetTimestamp();
            if (isMet())
            {
                return true;
            }

            var left = limit - timeProvider.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
            {
                return false;
            }

            try
            {
                // Each look goes over all that has come: in a long replay the looks are spaced, so that they do not take all the time.
                var pause = timeProvider.GetElapsedTime(looked);
                await next.WaitAsync(left, timeProvider, cancellationToken);
                await (pause < s_longLook ? Task.CompletedTask : Task.Delay(pause, timeProvider, cancellationToken));
            }
            catch (TimeoutException)
            {
                return isMet();
            }
        }
    }
}
