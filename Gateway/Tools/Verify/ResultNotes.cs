using Gateway.Primitives.Json;
using Gateway.Tools.Verify.Compare;
using Gateway.Tools.Verify.Play;
using Gateway.Tools.Verify.Wire;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify;

/// <summary>What a reader must know to understand a result: sentences beside the differences. Pure.</summary>
internal static class ResultNotes
{
    private const int NamedSteps = 8;

    public static IEnumerable<string> Of(RecordedSession session, PlayedSession played, TargetCredentials credentials, TargetTraits target)
    {
        var name = session.Fixture.Name;
        if (target.PlaysRecordedAgent
            && session.Fixture.StoreAfterPath is null
            && session.Connections.Any(static connection => connection.View.Events.Exists(static seen => !seen.InReplay)))
        {
            yield return $"{name}: without store-after/ the content of live events is the recording's own, played back; "
                + "--agent echo, or a --target, answers by itself.";
        }

        foreach (var remark in session.Fixture.Info.Remarks)
        {
            yield return $"{name}: {remark}.";
        }

        if (credentials.IsKeyTakenOut && IsRefusedForKey(session, played))
        {
            yield return $"{name}: the recorder took the session_api_key out, and the target asks for one: give it with --key.";
        }

        foreach (var id in target.IsOurs ? [] : HeldAlready(session, played))
        {
            yield return $"{name}: the target already has conversation {id}, further than it was when the recording began.";
        }

        if (!target.IsOurs && session.Connections.Any(static connection => connection.EndsByRestart))
        {
            yield return $"{name}: the recorded server was restarted; a server given by its address is not ours to restart.";
        }

        if (target is { IsOurs: true, MakesWorkspace: false } && played.Rest.Count > 0 && session.Fixture.Info.HasWorkspace)
        {
            yield return $"{name}: its workspace was made by shell commands, which are run with --run-commands alone.";
        }
    }

    /// <summary>What may be behind differences.</summary>
    public static IEnumerable<string> OfDifferences(
        RecordedSession session, FixtureResult result, TargetTraits target, VerifyOptions options)
    {
        if (!target.PlaysRecordedAgent && !options.ReplayOnly && result.Differences.Any(IsOfAgent))
        {
            yield return $"{session.Fixture.Name}: the target's agent may be another than the recorded one, and answer otherwise; "
                + "--replay-only compares connect and replay alone.";
        }

        // A person's steps in a browser are in the recording as what the browser asked for.
        var steps = session.RestCalls.Any(static call => call.IsPageAsked) ? [] : session.Fixture.Info.StepsInWords;
        if (steps.Count > 0 && result.Differences.Any(static difference => difference.Rest is not null))
        {
            yield return $"{session.Fixture.Name}: what its steps tell may have been done to files by hand, which only \"changes\" in "
                + $"fixture.json can repeat: {string.Join("; ", steps.Take(NamedSteps))}{(steps.Count > NamedSteps ? "; …" : "")}.";
        }
    }

    private static bool IsOfAgent(Difference difference) => difference.Kind switch
    {
        DifferenceKind.MissingTransientMessage or DifferenceKind.ExtraTransientMessage => true,
        _ => difference.RecordedEvent is { InReplay: false } || difference.ActualEvent is { InReplay: false },
    };

    private static bool IsRefusedForKey(RecordedSession session, PlayedSession played) =>
        played.Rest.Any(static outcome => outcome.Status == 401 && outcome.Call.Entry.Status != 401)
        || session.Connections.Any(recorded =>
            played.Connections.GetValueOrDefault(recorded.Number) is { } view
            && IsRefused(view)
            && !IsRefused(recorded.View));

    private static bool IsRefused(ConnectionView view) => view.Answers.Exists(static answer =>
        JToken.DeepEquals(answer.Packet.Payload.Member("message"), "invalid_session_api_key"));

    // The first client to come was shown more than there was.
    private static IEnumerable<string> HeldAlready(RecordedSession session, PlayedSession played) => session.Connections
        .GroupBy(static connection => connection.ConversationId)
        .Select(static group => group.First())
        .Where(first => played.Connections.GetValueOrDefault(first.Number) is { } view
            && view.Events.Exists(seen => seen.InReplay
                && seen.Id > session.HeadAtConnect(first)
                && seen.Id > first.View.ReplayedThrough))
        .Select(static first => first.ConversationId);
}
