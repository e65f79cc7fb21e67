using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Play;
using Gateway.Tools.Verify.Wire;

namespace Gateway.Tools.Corpus;

/// <summary>How recordings are played as load.</summary>
/// <param name="Times">Sessions in all; the recordings take turns.</param>
/// <param name="Speed">How many times as fast as recorded; 0 for as fast as the target answers.</param>
/// <param name="AtOnce">Sessions at one time.</param>
/// <param name="Limit">After that none is begun.</param>
/// <param name="StepTimeout">How long a step waits for what the target owes before it.</param>
internal sealed record LoadOptions(int Times, double Speed, int AtOnce, TimeSpan Limit, TimeSpan StepTimeout)
{
    /// <summary>The target's <c>session_api_key</c>; null: the recorded one.</summary>
    public string? Key { get; init; }

    public bool WithRest { get; init; } = true;
}

/// <summary>What came of a load. Immutable but for the counts, which are complete.</summary>
/// <param name="Played">Sessions that were played to their end, the incomplete ones among them.</param>
/// <param name="Incomplete">Those of them in which something failed, or did not come in time.</param>
/// <param name="Broken">Sessions that could not be played to their end.</param>
/// <param name="Problem">The first reason of those; null when there is none.</param>
/// <param name="IsStopped">It was stopped before its end; the sessions of that moment are in no count.</param>
internal sealed record LoadResult(
    int Played,
    int Incomplete,
    int Broken,
    string? Problem,
    bool IsStopped,
    TimeSpan Duration,
    IReadOnlyDictionary<PlayMeasure, LatencyHistogram> Times)
{
    public int Failed => Incomplete + Broken;
}

/// <summary>
/// Plays recorded clients against a server, many times and at one time. It is a closed loop: a client goes on when what it waits for has
/// come, so a slow server is asked less. Used once, by one caller.
/// </summary>
internal sealed class LoadPlay(IReadOnlyList<Fixture> fixtures, IVerifyTarget target, LoadOptions options, TimeProvider timeProvider)
{
    private readonly Dictionary<PlayMeasure, LatencyHistogram> _times =
        Enum.GetValues<PlayMeasure>().ToDictionary(static measure => measure, static _ => new LatencyHistogram());

    private readonly List<(RecordedSession Session, PlayOptions Play)> _sessions = [];
    private int _next;
    private int _played;
    private int _incomplete;
    private int _broken;
    private string? _problem;
    private volatile bool _isStopped;

    /// <summary>Completes when all are played, or soon after it is to be stopped; either way with what was seen.</summary>
    public async Task<LoadResult> RunAsync(CancellationToken cancellationToken)
    {
        var started = timeProvider.GetTimestamp();
        foreach (var fixture in fixtures)
        {
            var session = new RecordedSession(fixture);
            var settings = TargetSettingsReader.Read(session);
            _sessions.Add((session, new PlayOptions(options.StepTimeout, ReplayOnly: false)
            {
                WithRest = options.WithRest,
                Credentials = new TargetCredentials(options.Key, settings.SessionApiKey, []),
                RestCallPatience = TimeSpan.Zero,
                RestPatience = TimeSpan.Zero,
                Speed = options.Speed,
            }));
        }

        await Task.WhenAll(Enumerable.Range(0, options.AtOnce).Select(_ => RunOneAfterAnotherAsync(started, cancellationToken)));
        return new LoadResult(
            _played, _incomplete, _broken, _problem, _isStopped, timeProvider.GetElapsedTime(started), _times);
    }

    private async Task RunOneAfterAnotherAsync(long started, CancellationToken cancellationToken)
    {
        while (timeProvider.GetElapsedTime(started) < options.Limit)
        {
            var number = Interlocked.Increment(ref _next);
            if (number > options.Times)
            {
                return;
            }

            if (cancellationToken.IsCancellationRequested)
            {
                _isStopped = true;
                return;
            }

            try
            {
                await PlayAsync(_sessions[(number - 1) % _sessions.Count], cancellationToken);
            }
            catch (Exception exception) when (cancellationToken.IsCancellationRequested
                && exception is OperationCanceledException or TargetException or TimeoutException or IOException)
            {
                _isStopped = true;
                return;
            }
            catch (Exception exception) when (exception is TargetException or TimeoutException or IOException)
            {
                Interlocked.Increment(ref _broken);
                Interlocked.CompareExchange(ref _problem, exception.Message, null);
            }
        }
    }

    private async Task PlayAsync((RecordedSession Recorded, PlayOptions Options) session, CancellationToken cancellationToken)
    {
        var measures = new SessionMeasures(_times, cancellationToken);
        await using var player = new SessionPlayer(
            session.Recorded, target, static _ => true, session.Options with { Measures = measures }, timeProvider);
        await player.PlayAsync(cancellationToken);
        Interlocked.Increment(ref _played);
        if (measures.HasFailed)
        {
            Interlocked.Increment(ref _incomplete);
        }
    }

    /// <summary>Adds one session's times to those of all. Any thread.</summary>
    private sealed class SessionMeasures(Dictionary<PlayMeasure, LatencyHistogram> times, CancellationToken stopped) : IPlayMeasures
    {
        private volatile bool _hasFailed;

        /// <summary>Something failed, or did not come in time.</summary>
        public bool HasFailed => _hasFailed;

        public void Took(PlayMeasure measure, TimeSpan time, bool isDone)
        {
            // What is broken off by the stop is no fault of the server's.
            if (!isDone && stopped.IsCancellationRequested)
            {
                return;
            }

            times[measure].Add(time, isDone);
            if (!isDone)
            {
                _hasFailed = true;
            }
        }
    }
}
