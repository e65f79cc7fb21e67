using Gateway.Tools.Har;
using Gateway.Tools.Verify.Compare;
using Gateway.Tools.Verify.Play;
using Gateway.Tools.Verify.Rest;
using Gateway.Tools.Verify.Rules;
using Gateway.Tools.Verify.Wire;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify;

/// <summary>Compares a played session with the recorded one and lets the rules classify what is found. Pure.</summary>
internal static class SessionComparison
{
    public static FixtureResult Compare(RecordedSession session, PlayedSession played, RestComparison rest, VerifyOptions options)
    {
        var rules = IntendedDifferences.For(session.Fixture.Info);
        foreach (var (number, view) in played.Connections)
        {
            var ids = played.Ids[session.Connections[number - 1].ConversationId];
            view.Events.ForEach(seen => ids.Learn(seen.Event));
        }

        var differences = new List<Difference>();
        var intended = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var (pair, findings) in Compare(session, played, rest, options, rules))
        {
            var classified = IntendedDifferences.Classify(findings, pair, rules);
            differences.AddRange(classified.Differences);
            foreach (var (name, uses) in classified.Intended)
            {
                intended[name] = intended.GetValueOrDefault(name) + uses;
            }
        }

        return new FixtureResult
        {
            Name = session.Fixture.Name,
            Differences = [.. differences
                .OrderBy(static finding => finding.IntendedBy.Count > 0)
                .ThenBy(static finding => finding.Connection)
                .ThenBy(static finding => finding.Frame < 0 ? int.MaxValue : finding.Frame)],
            Intended = intended,
            Skipped = [.. SkippedCalls(session, played, options)],
            RestCalls = played.Rest.Count,
            Connections = session.Connections.Count,
            Frames = session.Connections
                .Sum(static connection =>
                    connection.View.Frames.Count(static frame => frame is { FromClient: false, Frame.IsMessage: true })),
        };
    }

    private static IEnumerable<SkippedCall> SkippedCalls(RecordedSession session, PlayedSession played, VerifyOptions options) =>
        (options.PlaysRest ? played.Skipped : session.RestCalls.Select(static call => new SkippedCall(call, SkippedCall.NotAsked)))
            .Concat(session.Fixture.Recordings.WhileDown
                .Where(static entry => !SocketRecordingReader.IsSocketPath(entry.Url.AbsolutePath))
                .Select(static entry => new SkippedCall(new RestCall(0, entry), SkippedCall.WhileDown)))
            .Concat(session.CallsToOthers.Select(static call => new SkippedCall(call, SkippedCall.ToAnother)));

    private static IEnumerable<(ConnectionPair Pair, IEnumerable<Difference> Findings)> Compare(
        RecordedSession session, PlayedSession played, RestComparison rest, VerifyOptions options, IReadOnlyList<DifferenceRule> rules)
    {
        foreach (var recorded in session.Connections)
        {
            var pair = Pair(session, recorded, played, misses: !options.PlaysRest);
            var findings = options switch
            {
                { ReplayOnly: true } => ReplayComparer.Compare(pair),
                { Level: VerifyLevel.Exact } => Explain(ExactComparer.Compare(pair), pair, rules),
                _ => MeaningComparer.Compare(pair),
            };
            var posts = options.ReplayOnly
                ? []
                : HttpComparer.Compare(played.Posts.GetValueOrDefault(recorded.Number, []), recorded.Number);
            yield return (pair, findings.Concat(posts));
        }

        yield return (rest.Context, HttpComparer.Compare(played.Requests, 0).Concat(rest.Compare(played.Rest)));
    }

    // At level exact nothing is excused, but a reader is told what level meaning would make of it.
    private static IEnumerable<Difference> Explain(IEnumerable<Difference> findings, ConnectionPair pair,
        IReadOnlyList<DifferenceRule> rules)
    {
        var intended = MeaningComparer.Compare(pair)
            .Select(meant => (Meant: meant, Rule: rules.FirstOrDefault(rule => rule.Allows(meant, pair))?.Name))
            .Where(static one => one.Rule is not null)
            .ToList();
        foreach (var finding in findings)
        {
            var names = intended.Where(one => IsAbout(finding, one.Meant)).Select(static one => one.Rule).Distinct().ToList();
            yield return names.Count == 0
                ? finding
                : finding with
                {
                    What = $"{finding.What} (intended at level meaning: {string.Join(", ", names)})",
                    IntendedBy = [.. names.OfType<string>()],
                };
        }
    }

    private static bool IsAbout(Difference exact, Difference meant)
    {
        if (exact.Frame >= 0 && exact.Frame == meant.Frame)
        {
            return true;
        }

        var id = exact.Actual is JArray { Count: > 1 } array ? V0Event.From(array[1])?.Id : null;
        return id is not null && (meant.ActualEvent?.Id == id || (meant.ActualPacket is null && meant.RecordedEvent?.Id == id));
    }

    private static ConnectionPair Pair(RecordedSession session, RecordedConnection recorded, PlayedSession played, bool misses) => new()
    {
        Number = recorded.Number,
        Recorded = recorded.View,
        Actual = played.Connections.GetValueOrDefault(recorded.Number) ?? new ConnectionView([], ConnectionEnd.ByClient, -1),
        Log = session.Log(recorded.ConversationId),
        Ids = played.Ids[recorded.ConversationId],
        Actions = [.. session.Actions(recorded.ConversationId).Where(action => action.Connection == recorded.Number)],
        ConversationId = recorded.ConversationId,
        HeadAtConnect = session.HeadAtConnect(recorded),
        IsPartlyRecorded = recorded.Recording.Entries.Any(static entry => entry.HasUnreadableBody),
        SaidEarlier =
        [
            .. session.Connections
                .Where(other => other.ConversationId == recorded.ConversationId
                    && other.Number < recorded.Number
                    && other.View is { IsAnswered: false, AskedToConnect: true })
                .SelectMany(other => played.Connections.GetValueOrDefault(other.Number)?.TransientMessages ?? [])
                .Select(static transientMessage => transientMessage.Packet),
        ],
        Others =
        [
            .. session.Connections
                .Where(other => other.ConversationId == recorded.ConversationId && other.Number != recorded.Number)
                .Select(other => new OtherTransientMessages(other.View.TransientMessages,
                    played.Connections.GetValueOrDefault(other.Number)?.TransientMessages ?? [])),
        ],
        MissesRestart = session.Connections
            .Any(other => other.Number <= recorded.Number
                && other.EndsByRestart
                && played.Connections.GetValueOrDefault(other.Number) is { End.ByServer: false }),
        MissesRestEffects = misses && session.MissesRestEffects(recorded),
        EndsByRestart = recorded.EndsByRestart,
    };
}
