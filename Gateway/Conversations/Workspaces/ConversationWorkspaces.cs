namespace Gateway.Conversations.Workspaces;

/// <summary>
/// Which workspace a conversation has: its agent's own, else the one of this machine, which all conversations share as V0's do, else none.
/// Stateless; any thread.
/// </summary>
/// <param name="withoutAgent">Serves those whose agent brings none.</param>
internal sealed class ConversationWorkspaces(IWorkspace withoutAgent)
{
    public IWorkspace Of(ConversationInfo conversation) => conversation.Agent.WorkspaceOf(conversation.Key) ?? withoutAgent;
}
