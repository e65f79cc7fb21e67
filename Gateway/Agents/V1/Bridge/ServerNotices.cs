using Gateway.Agents.V1.Translation;
using Gateway.Conversations;

namespace Gateway.Agents.V1.Bridge;

/// <summary>
/// What clients are told of the server behind their conversation: that it starts, is lost, says why it does not serve, or is there. The
/// same is not told twice in a row. Owned by one bridge, used by its loop.
/// </summary>
internal sealed class ServerNotices(IAgentConversation conversation)
{
    private string? _told;
    private bool _hasConnected;
    private bool _isAway;
    private bool _isLost;
    private bool _isInTrouble;

    /// <summary>The server is there, and all that it has is shown.</summary>
    public ValueTask ReadyAsync(CancellationToken cancellationToken)
    {
        (_hasConnected, _isAway, _isLost, _isInTrouble) = (true, false, false, false);
        return TellAsync("info", V0StatusId.Ready, "", cancellationToken);
    }

    /// <summary>
    /// As <see cref="Upstream.IUpstreamSink.DisconnectedAsync"/>. Gives the state that is to be shown with it, with its reason; null: none.
    /// </summary>
    public async ValueTask<(string State, string Reason)?> DisconnectedAsync(int tries, CancellationToken cancellationToken)
    {
        // Of a conversation at rest the first failed look is what tells of the loss.
        var isNews = tries == 0 || !_isAway;
        _isAway = true;
        if (_isInTrouble && isNews)
        {
            // The server has said why, which is more than that it starts.
            return null;
        }

        if (!_hasConnected || isNews)
        {
            // Not an error for anybody yet: the server may be starting.
            await TellAsync("info", V0StatusId.StartingRuntime, "", cancellationToken);
            return !_hasConnected && tries == 1 ? (V0State.Loading, "") : null;
        }

        if (_isLost)
        {
            return null;
        }

        // A short cut leaves no trace in the log; one that lasts is an error that everybody may know of.
        _isLost = true;
        await TellAsync("error", V0StatusId.RuntimeDisconnected, V0StatusId.RuntimeDisconnected, cancellationToken);
        return (V0State.Error, V0StatusId.RuntimeDisconnected);
    }

    /// <summary>The server has said why it does not serve the conversation, or will not any more.</summary>
    public ValueTask TroubleAsync(string reason, CancellationToken cancellationToken)
    {
        _isInTrouble = true;
        return TellAsync("error", V0StatusId.RuntimeDisconnected, reason, cancellationToken);
    }

    /// <summary>The same, where the state that everybody may know of is an error with that reason: a loss adds nothing to it.</summary>
    public ValueTask ErrorAsync(string reason, CancellationToken cancellationToken)
    {
        _isLost = true;
        return TroubleAsync(reason, cancellationToken);
    }

    private async ValueTask TellAsync(string type, string id, string message, CancellationToken cancellationToken)
    {
        var told = $"{id} {message}";
        if (_told != told)
        {
            _told = told;
            await conversation.NotifyAsync(V0Draft.Status(type, id, message), cancellationToken);
        }
    }
}
