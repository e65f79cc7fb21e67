using System.Collections.Concurrent;
using System.Net.WebSockets;

using Gateway.Primitives.Json;
using Gateway.Tools.Har;
using Gateway.Tools.Shadow.Rules;
using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Compare;
using Gateway.Tools.Verify.Play;
using Gateway.Tools.Verify.Rest;
using Gateway.Tools.Verify.Rules;
using Gateway.Tools.Verify.Wire;

namespace Gateway.Tools.Shadow.Compare;

/// <summary>How the candidate is asked.</summary>
/// <param name="Timeout">How long the candidate may take for what V0 has answered.</param>
/// <param name="Slow">How much longer than V0 it may take without that being said.</param>
internal sealed record CandidateOptions(TimeSpan Timeout, TimeSpan Slow)
{
    public TargetCredentials Credentials { get; init; } = TargetCredentials.None;

    /// <summary>V0's store, read to know what a log holds beyond what a client was sent; null when it is not at hand.</summary>
    public string? StorePath { get; init; }

    /// <summary>
    /// The candidate has just been started, so that the first answer of each kind says how long its code takes to be compiled: it is not
    /// said to be slow.
    /// </summary>
    public bool IsCold { get; init; }
}

/// <summary>
/// Asks the candidate for what a V0 client has just got, as <c>gateway verify</c> would play a recording of it, and compares by the same
/// rules. Any thread.
/// </summary>
internal sealed class ReadComparison(IShadowCandidate candidate, CandidateOptions options, TimeProvider timeProvider)
{
    private const int MaxFindings = 50;

    private static readonly IReadOnlyList<DifferenceRule> s_rules =
        [.. IntendedDifferences.For(FixtureInfo.None), new OnlyAskedRule(), new WentOnRule()];

    // Routes whose first answer was taken.
    private readonly ConcurrentDictionary<string, bool> _answered = new(StringComparer.Ordinal);

    public async Task<ComparisonOutcome> CompareAsync(ComparisonJob job, CancellationToken cancellationToken)
    {
        var fixture = new Fixture
        {
            Name = job.ConversationId,
            HarPath = "",
            Info = FixtureInfo.None,
            Recordings = SocketRecordingReader.Read(new HarFile(job.Entries)),
            StoreAfterPath = options.StorePath,
            IsLive = true,
        };
        var session = new RecordedSession(fixture);
        var throughId = session.Connections.Select(static one => one.View.ReplayedThrough).DefaultIfEmpty(-1).Max();
        if (!await candidate.PrepareAsync(job, throughId, cancellationToken))
        {
            return ComparisonOutcome.NotCompared(DropReason.StoreBehind);
        }

        var started = timeProvider.GetTimestamp();
        var found = await TryAskAsync(job, session, cancellationToken);
        var taken = timeProvider.GetElapsedTime(started);
        var isFirst = options.IsCold && _answered.TryAdd(job.Route, true);
        if (!isFirst && !found.Exists(static finding => finding.IsCandidateError) && taken > options.Slow + (4 * job.ServerTime))
        {
            found.Add(Finding.OfError(
                Finding.Slow, $"the candidate took {taken.TotalSeconds:0.0} s, V0 {job.ServerTime.TotalSeconds:0.0} s"));
        }

        return new ComparisonOutcome(found);
    }

    private async Task<List<Finding>> TryAskAsync(ComparisonJob job, RecordedSession session, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(3 * (options.Timeout + job.ServerTime));
        try
        {
            return job.Kind == JobKind.Call ? await CallAsync(session, limit.Token) : await ReplayAsync(session, limit.Token);
        }
        catch (TargetException exception)
        {
            return [Finding.OfTarget(exception)];
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return [Finding.OfError(Finding.Hang, "the candidate did not come to an end")];
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException or WebSocketException)
        {
            return [Finding.OfError(Finding.Unreachable, exception.GetBaseException().Message)];
        }
    }

    private async Task<List<Finding>> ReplayAsync(RecordedSession session, CancellationToken cancellationToken)
    {
        var rest = new RestComparison(session, s_rules, workspaceIsMade: false, targetTime: null);
        var play = new PlayOptions(options.Timeout, ReplayOnly: true) { Credentials = options.Credentials };
        PlayedSession played;
        await using (var player = new SessionPlayer(session, new UrlTarget(candidate.Address), rest.IsAsRecorded, play, timeProvider))
        {
            played = await player.PlayAsync(cancellationToken);
        }

        if (session.Connections is [{ View.IsAnswered: true }] && played.Connections.Values.FirstOrDefault() is { IsAnswered: false } view)
        {
            // One thing is wrong, and not as many as there were events.
            return
            [
                view.End.ByServer
                    ? Finding.OfError(Finding.BrokeOff, $"the candidate ended the connection before its answer ({view.End.Code})")
                    : Finding.OfError(Finding.Hang, "the candidate did not answer CONNECT in time"),
            ];
        }

        var verify = new VerifyOptions(VerifyLevel.Meaning, ReplayOnly: true, options.Timeout, Jobs: 1);
        var result = SessionComparison.Compare(session, played, rest, verify);
        return ToFindings(result.Differences, result.Intended);
    }

    private async Task<List<Finding>> CallAsync(RecordedSession session, CancellationToken cancellationToken)
    {
        var rest = new RestComparison(session, s_rules, workspaceIsMade: false, targetTime: null);
        var play = new PlayOptions(options.Timeout, ReplayOnly: false)
        {
            WithRest = true,
            Credentials = options.Credentials,
            RestCallPatience = TimeSpan.Zero,
        };
        using var player = new RestPlayer(rest.IsAsRecorded, new LiveIds(), play, timeProvider);
        foreach (var call in session.RestCalls)
        {
            player.Begin(call, candidate.Address, cancellationToken);
        }

        var outcomes = await player.EndAsync();
        if (outcomes.FirstOrDefault(static outcome => outcome.Status == 0) is { } none)
        {
            var isLate = none.Body == "none in time";
            return [Finding.OfError(isLate ? Finding.Hang : Finding.Unreachable, $"{none.Call.Name} got no answer ({none.Body})")];
        }

        var classified = IntendedDifferences.Classify(rest.Compare(outcomes), rest.Context, s_rules);
        return ToFindings(classified.Differences, classified.Intended);
    }

    private static List<Finding> ToFindings(IEnumerable<Difference> differences, IReadOnlyDictionary<string, int> intended) =>
    [
        .. differences.Select(Finding.OfDifference).Take(MaxFindings),
        .. intended.Select(static pair => Finding.OfRule(pair.Key, pair.Value)),
    ];
}
