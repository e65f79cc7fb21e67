using System.Text.RegularExpressions;

using Gateway.Primitives.Json;
using Gateway.Tools.Har;
using Gateway.Tools.Verify.Compare;
using Gateway.Tools.Verify.Rest;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify.Rules;

/// <summary>Where a refused upload would have gone.</summary>
internal sealed partial class UploadReasonRule : RestRule
{
    public override string Name => "upload-reason";

    public override string Reason => "V0 says to which folder of its machine a refused upload would have gone; here nothing of the machine is said.";

    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context) =>
        outcome.Call.IsBelowConversation("POST", "upload-files")
        && finding.Pointer.StartsWith("/skipped_files/", StringComparison.Ordinal)
        && (finding.Recorded.AsText(), finding.Actual.AsText()) is ({ } recorded, { } actual)
        && Resolved().IsMatch(recorded)
        && Resolved().Replace(recorded, "") == Resolved().Replace(actual, "");

    [GeneratedRegex("Resolved: [^,]*")]
    private static partial Regex Resolved();
}

/// <summary>Which file comes first.</summary>
internal sealed class FileOrderRule : RestRule
{
    public override string Name => "file-order";

    public override string Reason => "V0 lists files as they lie on its disk; any order of theirs is as good.";

    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context) =>
        outcome.Call.IsBelowConversation("GET", "list-files")
        && finding is { Pointer: "", Recorded: JArray recorded, Actual: JArray actual }
        && recorded.Select(static name => name.ToString()).Order(StringComparer.Ordinal)
            .SequenceEqual(actual.Select(static name => name.ToString()).Order(StringComparer.Ordinal));
}

/// <summary>Changes that V0 cannot read from git.</summary>
internal sealed class ChangesWithBlankRule : RestRule
{
    public override string Name => "changes-with-blank";

    public override string Reason => "One changed file with a blank in its name breaks V0's whole list of changes; here the list is there.";

    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context) =>
        outcome.Call.IsBelowConversation("GET", "git/changes")
        && IsRecordedFailure(outcome)
        && outcome.Status == 200
        && Actual(outcome) is JArray changes
        && changes.Any(static change => change.Text("path").Contains(' '));
}

/// <summary>A file that was deleted.</summary>
internal sealed class DeletedFileDiffRule : RestRule
{
    public override string Name => "diff-of-deleted";

    public override string Reason => "V0 lists a deleted file as changed and then fails with 500 to show its difference; here it is shown.";

    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context)
    {
        if (!outcome.Call.IsBelowConversation("GET", "git/diff") || !IsRecordedFailure(outcome) || outcome.Status != 200)
        {
            return false;
        }

        var path = SocketRecordingReader.ParseQuery(outcome.Call.Entry.Url.Query)["path"].FirstOrDefault();
        return Actual(outcome).TextOrNull("modified") is "" && context.Before(outcome.Call).Any(call =>
            call.IsBelowConversation("GET", "git/changes")
            && JsonTree.ReadOrNull(call.Entry.ResponseBody ?? "") is JArray changes
            && changes.Any(change => change.Text("status") == "D" && change.Text("path") == path));
    }
}

/// <summary>An editor that is not there.</summary>
internal sealed class NoEditorRule : RestRule
{
    public override string Name => "no-editor-is-no-error";

    public override string Reason =>
        "V0 fails with 500 to give the address of an editor where its runtime has none, and the web UI shows that four times; here the address is null.";

    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context) =>
        outcome.Call.IsBelowConversation("GET", "vscode-url")
        && IsOtherStatus(outcome, 500, 200)
        && Recorded(outcome).Text("error").Length > 0
        && Actual(outcome) is JObject answer
        && answer["vscode_url"] is JValue { Value: null };
}

/// <summary>Files that no recording tells of.</summary>
internal sealed class UnknownWorkspaceRule : RestRule
{
    private static readonly string[] s_routes = ["list-files", "select-file", "zip-directory", "git/changes", "git/diff", "microagents"];

    public override string Name => "workspace-not-made";

    public override string Reason =>
        "What the recorded server's workspace held is not known, or its commands were not run (--run-commands): what depends on it is not compared.";

    protected override bool Allows(Difference finding, RestOutcome outcome, RestContext context) =>
        !context.HasWorkspace
        && outcome.Call.Method == "GET"
        && s_routes.Contains(outcome.Call.BelowConversation)
        && finding.Pointer is "" or ['/', ..]
        && outcome.Status is 200 or 404 or 415 or 500
        && outcome.Call.Entry.Status is 200 or 500
        && !IsDetail(outcome, "Not Found");
}
