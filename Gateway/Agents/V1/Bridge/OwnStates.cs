using Gateway.Agents.V1.Translation;
using Gateway.Conversations;
using Gateway.Conversations.Events;

namespace Gateway.Agents.V1.Bridge;

/// <summary>
/// The agent's state as clients see it, where that is the gateway's own word: V1's log says nothing of a lost connection, nor of a wish
/// that changes nothing. Owned by one bridge, used by its loop; <see cref="Shown"/> and <see cref="ShowForUserAsync"/> may be used from
/// any thread.
/// </summary>
internal sealed class OwnStates(IAgentConversation conversation, UncommittedEvents uncommitted, TranslationContext context)
{
    private volatile string? _shown = context.ShownState;

    // Shown last, in the place of V1's; null while that is V1's.
    private string? _own;
    private bool _isOwnKnown;

    // The V0 id of V1's last state.
    private int _lastId = -1;

    /// <summary>Null before the first.</summary>
    public string? Shown => _shown;

    /// <summary>The state that an earlier process showed last, and that is not V1's as far as V1's log is taken; null: none.</summary>
    public string? OfEarlierProcess => uncommitted.LastState is { } last && last.Id > _lastId ? last.State : null;

    /// <summary>The last state is the gateway's own, of this process or an earlier one.</summary>
    public bool IsShown => _own is not null || OfEarlierProcess is not null;

    /// <summary>V1's state was shown, under this V0 id.</summary>
    public void OnV1Shown(int id)
    {
        _own = null;
        _shown = context.ShownState;
        _lastId = Math.Max(_lastId, id);
    }

    /// <summary>Shows a state until V1's is shown again.</summary>
    public async ValueTask ShowAsync(string state, string reason, CancellationToken cancellationToken)
    {
        await AppendAsync(state, reason, cancellationToken);
        _own = state;
    }

    /// <summary>As <see cref="ConversationBridge.ShowUserStateAsync"/>.</summary>
    public async ValueTask ShowForUserAsync(string state, CancellationToken cancellationToken)
    {
        if (_shown != state)
        {
            await AppendAsync(state, "", cancellationToken);
        }
    }

    /// <summary>
    /// V1's state, when the last one shown was the gateway's own. What an earlier process has shown last is known only when nothing is
    /// held: what is held may turn out to be that state.
    /// </summary>
    public async ValueTask ShowV1AgainAsync(CancellationToken cancellationToken)
    {
        if (!_isOwnKnown && !context.HoldsAnything)
        {
            _isOwnKnown = true;
            _own ??= OfEarlierProcess != context.ShownState ? OfEarlierProcess : null;
        }

        // A status that is held is V1's newest; what was shown before it is shown no more.
        if (_own is not null && context.HeldStatus is null && context.ShownState is { } state)
        {
            await AppendAsync(state, context.ShownReason, cancellationToken);
            _own = null;
        }
    }

    private ValueTask<int> AppendAsync(string state, string reason, CancellationToken cancellationToken)
    {
        _shown = state;
        return conversation.AppendAsync(V0Draft.State("", state, reason), EventSource.Environment, cancellationToken);
    }
}
