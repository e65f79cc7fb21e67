namespace Gateway.Conversations.Workspaces;

/// <summary>
/// Which workspace a conversation has: its agent's own, else the one of this machine, which all conversations share as V0's do, else none.
/// Stateless; any thread.
/// </summary>
/// <param name="backends">Say whether an agent brings its own.</param>
/// <param name="withoutAgent">Serves the others.</param>
internal sealed class ConversationWorkspaces(IAgentBackendFactory backends, IWorkspace withoutAgent)
{
    public IWorkspace Of(ConversationKey key) => backends.WorkspaceOf(key) ?? withoutAgent;
}
