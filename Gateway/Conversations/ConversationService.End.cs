using Gateway.Conversations.Runtime;
using Gateway.Conversations.Storage;

namespace Gateway.Conversations;

/// <summary>How conversations end: closed, stopped and deleted.</summary>
internal sealed partial class ConversationService
{
    /// <summary>
    /// Ends the conversation's session: its clients hear the reason and are disconnected, its agent ends. Completes when it can be opened
    /// anew. False when it was not open.
    /// </summary>
    public Task<bool> CloseAsync(ConversationKey key, SessionCloseReason reason, CancellationToken cancellationToken) =>
        registry.CloseAsync(key, reason, whileClosed: null, cancellationToken);

    /// <summary>
    /// Ends what the conversation's agent does, and its session, as <see cref="CloseAsync"/>. A stop that has begun is not left half done:
    /// it takes no token, and ends within seconds.
    /// </summary>
    public async Task<bool> StopAsync(ConversationKey key)
    {
        var wasElsewhere = await TakeOverAsync(key, CancellationToken.None);

        // What a server behind the backend works on would go on without a session.
        if ((await known.AgentOfAsync(key, CancellationToken.None)).Conversations is { } behind
            && (wasElsewhere
                || registry.StatusOf(key).State != SessionState.Closed
                || await context.Gateways.IsOpenElsewhereAsync(key, CancellationToken.None)))
        {
            await AskAsync(behind.StopAsync(key.Id, CancellationToken.None));
        }

        return await CloseAsync(key, SessionCloseReason.Stopped, CancellationToken.None) || wasElsewhere;
    }

    /// <summary>
    /// Deletes a conversation with everything that is stored of it. An open session is closed first, and nobody can open it meanwhile: a
    /// client that tries is refused. False when there was none: a folder alone is none.
    /// </summary>
    public async Task<bool> DeleteAsync(ConversationKey key, CancellationToken cancellationToken)
    {
        if (await FindAsync(key, cancellationToken) is not { } found)
        {
            return false;
        }

        await TakeOverAsync(key, cancellationToken);

        // First where it may fail: then nothing has changed.
        var wasThere = found.Agent.Conversations is { } behind && await AskAsync(behind.DeleteAsync(key.Id, cancellationToken));
        await registry.CloseAsync(
            key,
            SessionCloseReason.Deleted,
            async () => wasThere |= await known.DeleteAsync(key, cancellationToken),
            cancellationToken);
        return wasThere;
    }

    /// <summary>
    /// The process whose place this one takes may have a conversation that is not open here: then it hands that over now, and opens it no
    /// more. True when it had it.
    /// </summary>
    /// <exception cref="BackendFailedException">It has it still.</exception>
    private async ValueTask<bool> TakeOverAsync(ConversationKey key, CancellationToken cancellationToken)
    {
        if (registry.StatusOf(key).State != SessionState.Closed)
        {
            return false;
        }

        // Not kept: whoever connects here meanwhile would wait for it.
        await using var claim = await context.Gateways.Claims.TakeAsync(key, cancellationToken);
        return claim.IsHeld || !claim.WasElsewhere
            ? claim.WasElsewhere
            : throw new BackendFailedException("another process on this store has the conversation open");
    }
}
