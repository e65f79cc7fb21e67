using System.Collections.Concurrent;

using Gateway.Agents.V1.Upstream;
using Gateway.Conversations.Workspaces;
using Gateway.Primitives.Json;

namespace Gateway.Agents.V1.Rest;

/// <summary>
/// Where a conversation's agent works: which server, and which folder there. A folder never changes, so it is asked for once; the server is
/// looked up each time. One for the process; any thread.
/// </summary>
internal sealed class WorkspaceFinder(IEndpointLookup lookup, ConversationCalls conversations, WorkspaceCalls calls)
{
    // Past it all are asked for again.
    private const int MaxKnown = 10_000;

    private static readonly TimeSpan s_shellLimit = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<Guid, string> _folders = new();

    public async ValueTask<WorkspaceResult<WorkspacePlace>> FindAsync(Guid conversation, CancellationToken cancellationToken)
    {
        var found = await lookup.FindAsync(conversation, cancellationToken);
        if (found.Endpoint is not { } endpoint)
        {
            return found.Problem == LookupProblem.NotFound ? WorkspaceError.NoWorkspace : WorkspaceErrors.Of(RestResult.Unreachable);
        }

        if (_folders.TryGetValue(conversation, out var known))
        {
            return new WorkspacePlace(endpoint, known);
        }

        var info = await conversations.FindAsync(endpoint, conversation, cancellationToken);
        if (!info.IsSuccess)
        {
            return info is { Status: 404, Body: not null } ? WorkspaceError.NoWorkspace : WorkspaceErrors.Of(info);
        }

        if (ConversationReader.FolderOf(info.Object) is not { } folder)
        {
            return WorkspaceError.NoWorkspace;
        }

        if (!folder.StartsWith('/'))
        {
            // Relative to wherever the server runs.
            var answer = await calls.RunAsync(endpoint, "pwd", folder, s_shellLimit, cancellationToken);
            folder = answer.Object.Text("stdout").TrimEnd('\n');
            if (!answer.IsSuccess || !folder.StartsWith('/'))
            {
                return answer.IsSuccess ? WorkspaceError.NoWorkspace : WorkspaceErrors.Of(answer);
            }
        }

        if (_folders.Count >= MaxKnown)
        {
            _folders.Clear();
        }

        folder = folder.TrimEnd('/') is { Length: > 0 } trimmed ? trimmed : "/";
        _folders[conversation] = folder;
        return new WorkspacePlace(endpoint, folder);
    }
}
