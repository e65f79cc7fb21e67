using Gateway.Primitives;
using Gateway.Tools.Har;
using Gateway.Tools.Verify.Rest;
using Gateway.Tools.Verify.Wire;

namespace Gateway.Tools.Verify.Play;

/// <summary>
/// Plays the client side of one fixture: causal, not timed. A step waits until all that was recorded before it, and that the target
/// owes, has come, on every connection. Used once, by one caller; owns its connections.
/// </summary>
internal sealed class SessionPlayer(
    RecordedSession session, IVerifyTarget target, Func<RestOutcome, bool> isAsRecorded, PlayOptions options, TimeProvider timeProvider)
    : IAsyncDisposable
{
    /// <summary>Time for what a faulty target may send too much before the client goes.</summary>
    public static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(20);

    private static readonly string[] s_pageBegins = ["<html", "<!doctype html"];

    // A person who went away for lunch is not waited for.
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_longLook = TimeSpan.FromMilliseconds(1);

    private readonly Dictionary<int, PlayedConnection> _connections = [];
    private readonly Dictionary<int, Patience> _patience = [];
    private readonly Dictionary<int, Expectation> _lastOwed = [];
    private readonly List<HttpOutcome> _requests = [];
    private readonly List<PlayedConnection> _toldToLeave = [];
    private readonly AsyncSignal _arrived = new();
    private readonly HttpClient _http =
        new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly Dictionary<string, EventIdMap> _ids = session.Connections
        .Select(static connection => connection.ConversationId)
        .Distinct()
        .ToDictionary(
        static id => id,
        id => new EventIdMap(session.Log(id),
            [.. session.Actions(id)
                .Where(static action => action.IsDropped)
                .Select(static action => action.Payload)
                .OfType<Newtonsoft.Json.Linq.JObject>()]));

    private readonly LiveIds _liveIds = new();
    private readonly CallPace _pace = new(timeProvider);
    private readonly List<SkippedCall> _skipped = [];
    private RestPlayer? _rest;
    private bool _restarted;
    private bool _missesRestart;

    /// <exception cref="TargetException">The target cannot be used at all.</exception>
    public async Task<PlayedSession> PlayAsync(CancellationToken cancellationToken)
    {
        var rest = _rest = new RestPlayer(isAsRecorded, _liveIds, options, timeProvider);
        if (options.WithRest && session.RestCalls.Count > 0)
        {
            rest.WebUiPage = await FindWebUiAsync(cancellationToken);
            foreach (var id in RunningBefore.Find(session))
            {
                await rest.StartAsync(id, target.Address, cancellationToken);
            }
        }

        DateTimeOffset? last = null;
        foreach (var step in PlayScript.Build(session, options))
        {
            await rest.AwaitAnsweredAsync(step.Time);
            await KeepPaceAsync(step.Time - (last ?? step.Time), cancellationToken);
            last = step.Time;
            await AwaitOwedAsync(step, cancellationToken);
            await DoAsync(step, cancellationToken);
        }

        var answers = await rest.EndAsync();

        foreach (var connection in _toldToLeave)
        {
            await WaitAsync(() => connection.IsOver || connection.View().Disconnect is not null, Patience.Short, cancellationToken);
            await connection.LeaveAsync(cancellationToken);
        }

        return new PlayedSession(
            _connections.ToDictionary(static pair => pair.Key, static pair => pair.Value.View()),
            _connections.ToDictionary(static pair => pair.Key, static pair => pair.Value.Outcomes),
            _requests,
            answers,
            _ids)
        {
            Skipped = _skipped,
        };
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections.Values)
        {
            await connection.DisposeAsync();
        }

        _http.Dispose();
        _rest?.Dispose();
    }

    private Task KeepPaceAsync(TimeSpan recorded, CancellationToken cancellationToken)
    {
        var pause = options.Speed > 0 && recorded > TimeSpan.Zero ? recorded / options.Speed : TimeSpan.Zero;
        return pause > TimeSpan.Zero
            ? Task.Delay(pause < s_longestPause ? pause : s_longestPause, timeProvider, cancellationToken)
            : Task.CompletedTask;
    }

    private async Task DoAsync(PlayStep step, CancellationToken cancellationToken)
    {
        switch (step)
        {
            case { Kind: StepKind.Request, Entry: { } entry }:
                _requests.Add(await RequestAsync(entry, cancellationToken));
                return;
            case { Kind: StepKind.Rest, Call: { } call }:
                await CallAsync(call, cancellationToken);
                return;
            case { Kind: StepKind.Change, Change: { } change }:
                await target.ApplyAsync(change, cancellationToken);
                return;
        }

        var recorded = step.Connection ?? throw new InvalidOperationException("A step of a connection without the connection.");
        if (step.Kind == StepKind.Open)
        {
            var opened = new PlayedConnection(recorded, target.Address, _http, _arrived, _liveIds, options.Credentials);
            _connections[recorded.Number] = opened;
            _patience[recorded.Number] = new Patience(options.StepTimeout);
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

    private async Task CallAsync(RestCall call, CancellationToken cancellationToken)
    {
        if (call.IsOfWebUi && _rest is { WebUiPage: null })
        {
            _skipped.Add(new SkippedCall(call, SkippedCall.NoWebUi));
            return;
        }

        if (call.Entry.IsRequestBodyLeftOut)
        {
            _skipped.Add(new SkippedCall(call, SkippedCall.BodyLeftOut));
            return;
        }

        if (options.KeepsPace)
        {
            await _pace.AwaitAsync(call.Entry.Started, cancellationToken);
        }

        _restarted = false;
        _rest?.Begin(call, target.Address, cancellationToken);
    }

    // A web UI's page answers any path that is nothing else.
    private async Task<string?> FindWebUiAsync(CancellationToken cancellationToken)
    {
        var probe = await RequestAsync(new HarEntry
        {
            Index = -1,
            Started = default,
            Duration = default,
            Method = "GET",
            Url = new Uri("http://recorded/conversations/a-page-of-the-web-ui"),
            RequestHeaders = [],
            Status = 200,
            ResponseHeaders = [],
        }, cancellationToken);
        return probe.Status == 0
            ? throw new TargetException($"{target.Address} does not answer: {probe.Body}")
            : probe.Status == 200 && s_pageBegins.Any(begin => probe.Body.Contains(begin, StringComparison.OrdinalIgnoreCase))
            ? probe.Body
            : null;
    }

    private async Task OpenAsync(PlayedConnection connection, CancellationToken cancellationToken)
    {
        string? refusal;
        var isLate = false;
        var started = timeProvider.GetTimestamp();
        try
        {
            refusal = await connection.OpenAsync(cancellationToken).WaitAsync(options.StepTimeout, timeProvider, cancellationToken);
        }
        catch (TimeoutException)
        {
            isLate = true;
            refusal = $"{target.Address} does not answer within {options.StepTimeout.TotalSeconds:0.#} s";
            connection.Fail("no answer");
        }
        catch (TargetException exception)
        {
            refusal = exception.Message;
            connection.Fail("gone");
        }

        options.Measures?.Took(PlayMeasure.Open, timeProvider.GetElapsedTime(started), refusal is null);

        // A target that has opened nothing yet is none; later on, a session that it does not open is a difference.
        if (refusal is not null && !_connections.Values.Any(static one => one.View().Open is not null))
        {
            throw new TargetException(refusal) { IsLate = isLate };
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

        await Task.Delay(Settle, timeProvider, cancellationToken);
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
            var address = TargetUri.For(target.Address, entry.Url, null, false, _liveIds, options.Credentials);
            using var request = TargetUri.Request(entry, address, options.Credentials);
            using var response = await _http.SendAsync(request, limit.Token);
            return new HttpOutcome(entry, -1, (int)response.StatusCode, await response.Content.ReadAsStringAsync(limit.Token));
        }
        catch (Exception exception) when (exception is HttpRequestException
            or IOException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return new HttpOutcome(entry, -1, 0, exception.Message);
        }
    }

    private async Task AwaitOwedAsync(PlayStep step, CancellationToken cancellationToken)
    {
        foreach (var connection in _connections.Values.Where(connection => !connection.IsOver && !_toldToLeave.Contains(connection)))
        {
            var recorded = connection.Recorded;

            var owed = Expectation.Before(recorded, step.Time, session.HeadAtConnect(recorded), options.ReplayOnly);
            if (!options.WithRest && session.FirstRestEffect(recorded) is { } effect && effect < step.Time)
            {
                // What the client was told after a REST call that is not played may be its effect: it is waited for, but not for long.
                // Events are owed all the same.
                var before = Expectation.Before(recorded, effect, session.HeadAtConnect(recorded), options.ReplayOnly);
                var sure = owed with { TransientMessages = before.TransientMessages, Disconnected = before.Disconnected };
                await AwaitOwedAsync(connection, step, sure, mayBeMissing: false, cancellationToken);
                if (owed != sure)
                {
                    await AwaitOwedAsync(connection, step, owed, mayBeMissing: true, cancellationToken);
                }
            }
            else
            {
                await AwaitOwedAsync(connection, step, owed, _missesRestart, cancellationToken);
            }
        }
    }

    private async Task AwaitOwedAsync(PlayedConnection connection, PlayStep step, Expectation owed, bool mayBeMissing,
        CancellationToken cancellationToken)
    {
        var recorded = connection.Recorded;
        if (step.Frame.Text == "5" && ReferenceEquals(step.Connection, recorded))
        {
            // Between probe and upgrade a server may hold everything back.
            owed = owed.ForUpgrade();
        }

        var (patience, ids) = (_patience[recorded.Number], _ids[recorded.ConversationId]);
        if (patience.StillOwed(owed, mayBeMissing) is not { } stillOwed)
        {
            return;
        }

        var started = timeProvider.GetTimestamp();
        var hasCome = await WaitAsync(() => connection.IsOver || stillOwed.IsMetBy(connection.View(), ids),
            patience.LimitFor(mayBeMissing), cancellationToken);
        if (_lastOwed.GetValueOrDefault(recorded.Number) != owed)
        {
            _lastOwed[recorded.Number] = owed;
            options.Measures?.Took(PlayMeasure.Owed, timeProvider.GetElapsedTime(started), hasCome);
        }

        if (!hasCome)
        {
            patience.Missed(stillOwed, mayBeMissing, connection.View(), ids);
        }
    }

    private async Task<bool> WaitAsync(Func<bool> isMet, TimeSpan limit, CancellationToken cancellationToken)
    {
        var started = timeProvider.GetTimestamp();
        while (true)
        {
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

            // Each look goes over all that has come: in a long replay the looks are spaced, so that they do not take all the time.
            var pause = timeProvider.GetElapsedTime(looked);
            if (!await _arrived.WaitAsync(left, timeProvider, cancellationToken))
            {
                return isMet();
            }

            await (pause < s_longLook ? Task.CompletedTask : Task.Delay(pause, timeProvider, cancellationToken));
        }
    }
}
