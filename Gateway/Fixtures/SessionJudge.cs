using Gateway.Fixtures.Compare;
using Gateway.Fixtures.Play;
using Gateway.Fixtures.Rules;
using Gateway.Fixtures.Wire;

using Newtonsoft.Json.Linq;

namespace Gateway.Fixtures;

/// <summary>Compares a played session with the recorded one and lets the rules judge. Pure.</summary>
internal static class SessionJudge
{
    public static FixtureResult Judge(RecordedSession session, PlayedSession played, VerifyOptions options)
    {
        var rules = RuleBook.For(session.Fixture.Info);
        foreach (var (number, view) in played.Connections)
        {
            var ids = played.Ids[session.Connections[number - 1].ConversationId];
            view.Events.ForEach(seen => ids.Learn(seen.Event));
        }

        var differences = new List<Finding>();
        var intended = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var (pair, findings) in Compare(session, played, options, rules))
        {
            var judgement = RuleBook.Judge(findings, pair, rules);
            differences.AddRange(judgement.Differences);
            foreach (var (name, uses) in judgement.Intended)
            {
                intended[name] = intended.GetValueOrDefault(name) + uses;
            }
        }

        return new FixtureResult
        {
            Name = session.Fixture.Name,
            Differences = [.. differences.OrderBy(static finding => finding.Connection).ThenBy(static finding => finding.Frame < 0 ? int.MaxValue : finding.Frame)],
            Intended = intended,
            Skipped = [.. session.RestRequests.Select(Verifier.NameOf)],
            Connections = session.Connections.Count,
            Frames = session.Connections.Sum(static connection => connection.View.Frames.Count(static frame => frame is { FromClient: false, Frame.IsMessage: true })),
        };
    }

    private static IEnumerable<(ConnectionPair Pair, IEnumerable<Finding> Findings)> Compare(
        RecordedSession session, PlayedSession played, VerifyOptions options, IReadOnlyList<DifferenceRule> rules)
    {
        foreach (var recorded in session.Connections)
        {
            var pair = Pair(session, recorded, played);
            var findings = options switch
            {
                { ReplayOnly: true } => ReplayComparer.Compare(pair),
                { Level: VerifyLevel.Exact } => Explain(ExactComparer.Compare(pair), pair, rules),
                _ => MeaningComparer.Compare(pair),
            };
            var posts = options.ReplayOnly ? [] : HttpComparer.Compare(played.Posts.GetValueOrDefault(recorded.Number, []), recorded.Number);
            yield return (pair, findings.Concat(posts));
        }

        yield return (Requests, HttpComparer.Compare(played.Requests, 0));
    }

    // At level exact nothing is excused, but a reader is told what level meaning would make of it.
    private static IEnumerable<Finding> Explain(IEnumerable<Finding> findings, ConnectionPair pair, IReadOnlyList<DifferenceRule> rules)
    {
        var intended = MeaningComparer.Compare(pair)
            .Select(meant => (Meant: meant, Rule: rules.FirstOrDefault(rule => rule.Excuses(meant, pair))?.Name))
            .Where(static one => one.Rule is not null)
            .ToList();
        foreach (var finding in findings)
        {
            var names = intended.Where(one => IsAbout(finding, one.Meant)).Select(static one => one.Rule).Distinct().ToList();
            yield return names.Count == 0 ? finding : finding with { What = $"{finding.What} (intended at level meaning: {string.Join(", ", names)})" };
        }
    }

    private static bool IsAbout(Finding exact, Finding meant)
    {
        if (exact.Frame >= 0 && exact.Frame == meant.Frame)
        {
            return true;
        }

        var id = exact.Actual is JArray { Count: > 1 } array ? V0Event.From(array[1])?.Id : null;
        return id is not null && (meant.ActualEvent?.Id == id || (meant.ActualPacket is null && meant.RecordedEvent?.Id == id));
    }

    private static ConnectionPair Requests { get; } = new()
    {
        Number = 0,
        Recorded = new ConnectionView([], ConnectionEnd.ByClient, -1),
        Actual = new ConnectionView([], ConnectionEnd.ByClient, -1),
        Log = RecordedLog.Empty,
        Ids = new EventIdMap(RecordedLog.Empty, []),
        Actions = [],
        ConversationId = "",
        HeadAtConnect = -1,
    };

    private static ConnectionPair Pair(RecordedSession session, RecordedConnection recorded, PlayedSession played) => new()
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
                .Where(other => other.ConversationId == recorded.ConversationId && other.Number < recorded.Number && other.View is { IsAnswered: false, AskedToConnect: true })
                .SelectMany(other => played.Connections.GetValueOrDefault(other.Number)?.Notices ?? [])
                .Select(static notice => notice.Packet),
        ],
        Others =
        [
            .. session.Connections
                .Where(other => other.ConversationId == recorded.ConversationId && other.Number != recorded.Number)
                .Select(other => new OtherNotices(other.View.Notices, played.Connections.GetValueOrDefault(other.Number)?.Notices ?? [])),
        ],
        MissesRestart = session.Connections.Any(other => other.Number <= recorded.Number && other.EndsByRestart && played.Connections.GetValueOrDefault(other.Number) is { End.ByServer: false }),
        MissesRestEffects = session.MissesRestEffects(recorded),
    };
}
