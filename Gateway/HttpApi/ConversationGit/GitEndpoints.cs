using Gateway.Access;
using Gateway.Conversations.Workspaces;
using Gateway.HttpApi.Conventions;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.ConversationGit;

/// <summary>
/// The UI's tab of changes: <c>git/changes</c> and <c>git/diff</c> of a conversation, whether it runs or not. Stateless. Source:
/// PROTOCOL.md, "V0 workspace".
/// </summary>
internal sealed class GitEndpoints(ConversationWorkspaces workspaces)
{
    private const string Tag = "Git";

    private static readonly ApiAnswer s_noRepository =
        ApiAnswer.Error(StatusCodes.Status404NotFound, "Not a git repository");

    public void Map(IEndpointRouteBuilder endpoints)
    {
        var routes = endpoints.MapConversation().RequireAccess(AccessRights.Read).WithTags(Tag);
        routes.MapGet("git/changes", ConversationRoutes.ForConversation(GetChangesAsync))
            .WithName("GetGitChanges").WithSummary("The files of the workspace that differ from the remote's");
        routes.MapGet("git/diff", ConversationRoutes.ForConversation(GetDiffAsync))
            .WithName("GetGitDiff").WithSummary("One file of the workspace, then and now");
    }

    private async ValueTask<IResult> GetChangesAsync(ConversationRequest request)
    {
        var result = await workspaces.Of(request.Info).GetChangesAsync(request.Aborted);
        if (result.TryGet(out var changes, out var error))
        {
            return ApiAnswer.Of(new JArray(changes.Select(static change =>
                new JObject { ["status"] = change.Letter, ["path"] = change.Path })));
        }

        // The UI has friendly words for the one, and shows the other's own.
        return error.Failure is WorkspaceFailure.NotAGitRepository or WorkspaceFailure.Unsupported
            ? s_noRepository
            : ApiAnswer.Error(StatusCodes.Status500InternalServerError, error.Message);
    }

    private async ValueTask<IResult> GetDiffAsync(ConversationRequest request)
    {
        var errors = new RequestErrors();
        var path = new RequestQuery(request.Context.Request.Query, errors).RequiredText("path");
        if (errors.Any)
        {
            return errors.Answer;
        }

        var result = await workspaces.Of(request.Info).GetDiffAsync(path, request.Aborted);
        if (result.TryGet(out var diff, out var error))
        {
            return ApiAnswer.Of(new JObject { ["modified"] = diff.Modified, ["original"] = diff.Original });
        }

        return error.Failure == WorkspaceFailure.Unreachable
            ? ApiAnswer.Error(StatusCodes.Status500InternalServerError, $"Error getting diff: {error.Message}")
            : ApiAnswer.InternalError;
    }
}
