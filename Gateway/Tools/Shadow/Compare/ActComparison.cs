using Gateway.Primitives.Json;
using Gateway.Tools.Shadow.Fixtures;
using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Play;
using Gateway.Tools.Verify.Rest;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Shadow.Compare;

/// <summary>
/// Plays what the clients of a conversation did against a gateway whose agent does what V0's agent was seen to do, as <c>gateway verify</c>
/// does with a recording: no model is asked, and nothing is done in a workspace. Stateless; any thread.
/// </summary>
/// <param name="scratch">A folder for what is being played.</param>
internal sealed class ActComparison(
    ReadComparison read, IVerifyTargetFactory targets, FixtureWriter writer, CandidateOptions options, string scratch,
    TimeProvider timeProvider)
{
    private const int MaxFindings = 50;

    private int _number;

    public async Task<ComparisonOutcome> CompareAsync(ComparisonJob job, CancellationToken cancellationToken)
    {
        if (job.Kind != JobKind.Window)
        {
            return await read.CompareAsync(job, cancellationToken);
        }

        if (BeginsWithAMessage(job) || IsDeleted(job))
        {
            return ComparisonOutcome.NotCompared(DropReason.NotRepeatable);
        }

        var folder = Path.Combine(scratch, $"window-{Interlocked.Increment(ref _number)}");
        try
        {
            if (!await writer.WriteAsync(folder, job, job.ConversationId))
            {
                return ComparisonOutcome.NotCompared(DropReason.StoreBehind);
            }

            var verify = new VerifyOptions(VerifyLevel.Meaning, ReplayOnly: false, options.Timeout, Jobs: 1);
            var results = await new Verifier(targets, verify, timeProvider)
                .RunAsync(FixtureLoader.LoadAll([folder]), static _ => { }, cancellationToken);
            return new ComparisonOutcome([.. results.SelectMany(ToFindings)]);
        }
        finally
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    // The agent is at work before the first client comes, and nothing tells how much of what that client's replay shows was there when:
    // what is taken for history would be played again by the POST.
    private static bool BeginsWithAMessage(ComparisonJob job) => job.Entries
        .Where(static entry => entry.Status == StatusCodes.Status200OK && new RestCall(1, entry).Is("POST", "/api/conversations"))
        .Select(static entry => JsonTree.ReadOrNull(entry.RequestBody ?? ""))
        .Any(static body => body.Text("initial_user_msg").Length > 0
            || body.Object("suggested_task") is not null
            || body.Member("image_urls") is JArray { Count: > 0 });

    // What its log was is not in the store any more.
    private static bool IsDeleted(ComparisonJob job) => job.Entries.Any(static entry =>
        entry.Status is >= StatusCodes.Status200OK and < StatusCodes.Status300MultipleChoices
        && new RestCall(1, entry).IsBelowConversation("DELETE", ""));

    private static IEnumerable<Finding> ToFindings(FixtureResult result) => result.Problem is { } problem
        ? [Finding.OfError(problem.Contains("does not answer", StringComparison.Ordinal) ? Finding.Hang : Finding.Failed, problem)]
        : result.Differences.Take(MaxFindings).Select(Finding.OfDifference)
            .Concat(result.Intended.Select(static pair => Finding.OfRule(pair.Key, pair.Value)));
}
