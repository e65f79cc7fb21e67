using Gateway.Agents.V1.Upstream;
using Gateway.Conversations;
using Gateway.Conversations.Workspaces;

namespace Gateway.Agents.V1.Rest;

/// <summary>The workspaces of all conversations. Thread-safe; one for the process.</summary>
internal sealed class V1Workspaces(WorkspaceCalls calls, WorkspaceFinder finder)
{
    public IWorkspace Of(ConversationId id) =>
        ConversationUuid.TryParse(id, out var uuid) ? new V1Workspace(uuid, calls, finder) : NoWorkspace.Instance;
}
