using Gateway.Primitives.Json;
using Gateway.Tools.Verify.Play;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify.Compare;

/// <summary>Compares answers to requests: the status, and the body of an error. Strict and pure.</summary>
internal static class HttpComparer
{
    public static IEnumerable<Difference> Compare(IEnumerable<HttpOutcome> outcomes, int connection) => outcomes
        .Where(static outcome => !IsSame(outcome))
        .Select(outcome => new Difference(DifferenceKind.Http, connection, outcome.FrameIndex,
            $"{outcome.Entry.Method} {outcome.Entry.Url.AbsolutePath} is answered with {outcome.Status}, recorded is {outcome.Entry.Status}")
        {
            Pointer = outcome.Entry.Method,
            Recorded = Shown(outcome.Entry.Status, outcome.Entry.ResponseBody ?? ""),
            Actual = Shown(outcome.Status, outcome.Body),
        });

    /// <summary>A request of a session's that the target answers with: that session is over.</summary>
    public static bool IsGone(Difference finding) => finding is { Kind: DifferenceKind.Http, Actual: JObject actual }
        && actual["status"]?.Value<int>() == 400
        && JToken.DeepEquals(actual["body"].Member("code"), 1);

    // A handshake's body is born in the session; an error's says what is wrong.
    private static bool IsSame(HttpOutcome outcome) =>
        outcome.Status == outcome.Entry.Status
            && (outcome.Status < 400 || JsonComparer.AreEqual(Body(outcome.Entry.ResponseBody ?? ""), Body(outcome.Body)));

    private static JObject Shown(int status, string body) => new() { ["status"] = status, ["body"] = Body(body) };

    private static JToken Body(string text) => JsonTree.ReadOrNull(text) ?? text;
}
