using Gateway.Conversations.Events;

namespace Gateway.Conversations.Replay;

/// <summary>
/// Puts the events of one replay in V0's order: all in id order, but of the agent states only the newest, and that just before
/// the last other event (or after it, where its id is the highest, or always with <c>AgentStateLast</c>). It holds back two events,
/// however long the log is. Single use; not thread-safe.
/// </summary>
internal sealed class ReplayWriter(Action<StoredEvent> write, bool agentStateLast)
{
    private StoredEvent? _state;
    private StoredEvent? _last;

    /// <summary>The next event of the log, in id order.</summary>
    public void Add(in StoredEvent stored)
    {
        var kind = stored.Header.Kind;
        if (!ReplayPolicy.IsReplayed(kind))
        {
            return;
        }

        if (ReplayPolicy.IsAgentState(kind))
        {
            _state = stored;
            return;
        }

        if (_last is { } last)
        {
            write(last);
        }

        _last = stored;
    }

    /// <summary>Makes what is held back independent of the page that it lies in. To be called before a page is disposed.</summary>
    public void KeepHeld()
    {
        _state = Copy(_state);
        _last = Copy(_last);
    }

    /// <summary>The log is at its end: writes what was held back.</summary>
    public void End()
    {
        var stateAfter = agentStateLast || _last is null || _state?.Id > _last.Value.Id;
        Span<StoredEvent?> order = stateAfter ? [_last, _state] : [_state, _last];
        foreach (var held in order)
        {
            if (held is { } stored)
            {
                write(stored);
            }
        }
    }

    private static StoredEvent? Copy(StoredEvent? held) => held is { } stored ? stored with { Json = stored.Json.ToArray() } : null;
}
