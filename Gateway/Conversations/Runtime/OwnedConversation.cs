using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Runtime;

/// <summary>
/// A conversation as its agent sees it while the agent is this gateway's. Afterwards nothing that the agent does reaches it. Any thread.
/// </summary>
internal sealed class OwnedConversation(ConversationSession session, IAgentLease lease, ConversationGateways gateways) : IAgentConversation
{
    public ConversationKey Key => session.Key;

    public IEventLog Log => session.Log;

    public bool IsStartedByServer => session.IsStartedByServer;

    public int ClientCount => session.ClientCount;

    public int JoinCount => session.JoinCount;

    public ValueTask<int> AppendAsync(JObject draft, EventSource source, CancellationToken cancellationToken)
    {
        ThrowIfLost();
        return session.AppendAsync(draft, source, cancellationToken);
    }

    public ValueTask AppendAsync(IReadOnlyList<IEventDraft> drafts, CancellationToken cancellationToken)
    {
        ThrowIfLost();
        return session.AppendAsync(drafts, cancellationToken);
    }

    public ValueTask NotifyAsync(JObject transientMessage, CancellationToken cancellationToken)
    {
        ThrowIfLost();
        return session.NotifyAsync(transientMessage, cancellationToken);
    }

    public void Close()
    {
        if (!lease.Lost.IsCancellationRequested)
        {
            gateways.PostClose(Key, SessionCloseReason.Deleted);
            session.Close();
        }
    }

    private void ThrowIfLost()
    {
        if (lease.Lost.IsCancellationRequested)
        {
            throw new OperationCanceledException("Another gateway has the conversation's agent.");
        }
    }
}
