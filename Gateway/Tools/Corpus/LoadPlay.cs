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
/// <param name="Failed">Sessions that could not be played to their end.</param>
/// <param name="Problem">The first reason of those; null when there is none.</param>
internal sealed record LoadResult(
    int Played, int Failed, string? Problem, TimeSpan Duration, IReadOnlyDictionary<PlayMeasure, LatencyHistogram> Times);

/// <summary>
/// Plays recorded clients against a server, many times and at one time. It is a closed loop: a client goes on when what it waits for has
/// come, so a slow server is asked less. Used once, by one caller.
/// </summary>
internal sealed class LoadPlay(IReadOnlyList<Fixture> fixtures, IVerifyTarget target, LoadOptions options, TimeProvider timeProvider)
    : IPlayMeasures
{
    private readonly Dictionary<PlayMeasure, LatencyHistogram> _times =
        Enum.GetValues<PlayMeasure>().ToDictionary(static measure => measure, static _ => new LatencyHistogram());

    private readonly List<(RecordedSession Session, PlayOptions Play)> _sessions = [];
    private int _next;
    private int _played;
    private int _failed;
    private string? _problem;

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
                Measures = this,
            }));
        }

        await Task.WhenAll(Enumerable.Range(0, options.AtOnce).Select(_ => RunOneAfterAnotherAsync(started, cancellationToken)));
        return new LoadResult(_played, _failed, _problem, timeProvider.GetElapsedTime(started), _times);
    }

    public void Took(PlayMeasure measure, TimeSpan time, bool isDone) => _times[measure].Add(time, isDone);

    private async Task RunOneAfterAnotherAsync(long started, CancellationToken cancellationToken)
    {
        while (timeProvider.GetElapsedTime(started) < options.Limit)
        {
            var number = Interlocked.Increment(ref _next);
            if (number > options.Times)
            {
                return;
            }

            var (session, play) = _sessions[(number - 1) % _sessions.Count];
            try
            {
                await using var player = new SessionPlayer(session, target, static _ => true, play, timeProvider);
                await player.PlayAsync(cancellationToken);
                Interlocked.Increment(ref _played);
            }
            catch (Exception exception) when (exception is TargetException or TimeoutException or IOException)
            {
                Interlocked.Increment(ref _failed);
                Interlocked.CompareExchange(ref _problem, exception.Message, null);
            }
        }
    }
}
