using Gateway.Primitives.Json;
using Gateway.Tools.Verify.Compare;
using Gateway.Tools.Verify.Rest;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify.Rules;

/// <summary>What only a page can be answered with.</summary>
internal sealed class ApiPathRule : RestRule
{
    public override string Name => "api-path-404";

    public override string Reason =>
        "V0 answers an unknown path below /api with the web UI's page and 200, over which callers stumble; here it is 404, or 405 for a wrong method.";

    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context) =>
        outcome.Call is { IsApi: true, IsAnsweredWithPage: true }
        && outcome.Status switch
        {
            404 => Actual(outcome) is JObject { Count: 1 } answer && answer.Text("detail").Length > 0,
            405 => outcome.Call.Method == "HEAD" || IsDetail(outcome, "Method Not Allowed"),

            // HEAD of a route that GET has.
            200 => outcome.Call.Method == "HEAD",
            _ => false,
        };
}

/// <summary>A slash too many.</summary>
internal sealed class TrailingSlashRule : RestRule
{
    public override string Name => "trailing-slash";

    public override string Reason => "A route with a slash at its end is the web UI's page with V0; here it is the route.";

    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context) =>
        outcome.Call is { IsAnsweredWithPage: true } call
        && call.Path.EndsWith('/')
        && finding.Pointer == "content-type"
        && outcome.Status == 200;
}

/// <summary>Nothing stands behind the routes.</summary>
internal sealed class NoWebUiRule : RestRule
{
    public override string Name => "no-web-ui";

    public override string Reason =>
        "The target serves no web UI: what no route has is 404 there whatever the method, as with V0's SERVE_FRONTEND=false, and has no cache header of a file.";

    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context) => outcome.IsWithoutWebUi
        && IsOtherStatus(outcome, 405, 404)
        && IsDetail(outcome, "Not Found");
}

/// <summary>A file that is not there.</summary>
internal sealed class MissingAssetRule : RestRule
{
    public override string Name => "missing-asset";

    public override string Reason =>
        "V0 answers a missing file below /assets with the page, to be cached for 30 days; here it is 404 and not cached.";

    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context) =>
        outcome.Call.Path.StartsWith("/assets", StringComparison.Ordinal)
        && outcome.Call is { IsAnsweredWithPage: true } or { Entry.Status: 405 }
        && (IsOtherStatus(outcome, 200, 404) || (finding.Pointer is "cache-control" or "pragma" or "expires" && outcome.Status == 405));
}

/// <summary>The figures of a process.</summary>
internal sealed class ServerFiguresRule : RestRule
{
    public override string Name => "server-figures";

    public override string Reason => "How long a server has run and what it uses is its own affair; the fields are the same.";

    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context) =>
        outcome.Call.Is("GET", "/server_info") && finding.Recorded.AsNumber() is not null && finding.Actual.AsNumber() is >= 0;
}

/// <summary>What a wrong method is told.</summary>
internal sealed class AllowHeaderRule : RestRule
{
    public override string Name => "allow-header";

    public override string Reason => "HTTP asks for a header Allow beside 405; V0 leaves it out.";

    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context) =>
        outcome.Status == 405 && finding is { Pointer: "allow", Recorded: null };
}

/// <summary>The pages about the routes themselves.</summary>
internal sealed class ApiDescriptionRule : RestRule
{
    public override string Name => "api-description";

    public override string Reason => "The pages that describe a server's routes are the server's own.";

    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context) =>
        outcome.Call is { IsRead: true, Path: "/openapi.json" or "/docs" or "/redoc", Entry.IsBodyLeftOut: true }
            && outcome.Status is 200 or 302;
}

/// <summary>A path that no server should take.</summary>
internal sealed class ZeroByteRule : RestRule
{
    public override string Name => "zero-byte";

    public override string Reason => "A path with a zero byte in it is refused with 400 before any route sees it, so without V0's sentence.";

    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context) =>
        outcome.Call.Path.Contains("%00", StringComparison.Ordinal) && outcome is { Status: 400, Call.Entry.Status: 400, Body: "" };
}

/// <summary>A call that got no answer.</summary>
internal sealed class NoRestAnswerRecordedRule : RestRule
{
    public override string Name => "no-call-answer-recorded";

    public override string Reason => "The recording ends before this call's answer, or shows a connection that broke.";

    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context) =>
        outcome.Call.Entry.Status == 0 && outcome.Status is > 0 and < 500;
}

/// <summary>A file of one build.</summary>
internal sealed class OtherBuildRule : RestRule
{
    public override string Name => "other-build";

    public override string Reason =>
        "The target's web UI is another build: its page does not name this file of the recorded one, and has others in its place.";

    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context) =>
        outcome is { IsOfAnotherBuild: true, Status: 404 or 405, Call.Entry.Status: 200 or 206 or 304 };
}

/// <summary>What a browser had before.</summary>
internal sealed class KeptFromBeforeRule : RestRule
{
    public override string Name => "kept-from-before";

    public override string Reason =>
        "The client asked whether what it had from before the recording is still good; the target cannot know that, and answers with the whole.";

    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context) =>
        outcome is { IsKeptFromBefore: true, Call.Entry.Status: 304, Status: 200 };
}

/// <summary>When calls come.</summary>
internal sealed class CallLimitRule : RestRule
{
    public override string Name => "call-limit";

    public override string Reason =>
        "V0 refuses what is more than 20 calls in a second; played again, calls that are under way at one time may change places, or come more slowly.";

    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context) => outcome.IsByLimit;
}
