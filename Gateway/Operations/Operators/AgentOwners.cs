using Gateway.Conversations;
using Gateway.Conversations.Storage;

namespace Gateway.Operations.Operators;

/// <summary>Says which gateway has a conversation's agent, in an operator's words. Any thread.</summary>
internal sealed class AgentOwners(IAgentLeases leases)
{
    public const string Here = "this node";
    private const string Nobody = "no node";

    // The store does not say which.
    private const string Elsewhere = "another node";

    /// <summary>For conversations whose agents are not here. Never throws for a store that does not answer.</summary>
    public async ValueTask<IReadOnlyDictionary<ConversationKey, string>> FindAsync(
        IReadOnlyCollection<ConversationKey> keys, CancellationToken cancellationToken)
    {
        try
        {
            var holders = await leases.FindHoldersAsync(keys, cancellationToken).AsTask().WaitAsync(cancellationToken);
            return keys.ToDictionary(static key => key, key => holders.GetValueOrDefault(key, Nobody));
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The store says by itself what is wrong with it.
            return keys.ToDictionary(static key => key, static _ => Elsewhere);
        }
    }
}
