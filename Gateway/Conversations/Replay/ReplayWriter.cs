using Gateway.Conversations.Events;

namespace Gateway.Conversations.Replay;

/// <summary>
/// Picks the events of one replay, in id order: all that V0 shows and the client wants, but of the agent states only the newest. That one
/// stands in its place by id, so that a client that is cut off anywhere has everything up to the last id that it saw; or, as with V0
/// (<c>AgentStateLast</c>), after everything else. Single use; not thread-safe.
/// </summary>
internal sealed class ReplayWriter
{
    private readonly Action<StoredEvent> _write;
    private readonly int _stateId;
    private readonly bool _stateLast;
    private readonly EventFilter? _filter;
    private StoredEvent? _held;

    private ReplayWriter(Action<StoredEvent> write, int stateId, bool stateLast, EventFilter? filter)
    {
        _write = write;
        _stateId = stateId;
        _stateLast = stateLast;
        _filter = filter;
    }

    /// <param name="write">Called for each event to be shown.</param>
    /// <param name="stateId">The newest agent state of the replay (<see cref="NewestAgentState"/>).</param>
    /// <param name="filter">The kinds that the client wants; null for all.</param>
    public static ReplayWriter StateInPlace(Action<StoredEvent> write, int stateId, EventFilter? filter = null) =>
        new(write, stateId, stateLast: false, filter);

    /// <inheritdoc cref="StateInPlace"/>
    public static ReplayWriter StateLast(Action<StoredEvent> write, EventFilter? filter = null) =>
        new(write, NewestAgentState.None, stateLast: true, filter);

    /// <summary>The next event of the log, in id order.</summary>
    public void Add(in StoredEvent stored)
    {
        var kind = stored.Header.Kind;
        if (!ReplayPolicy.IsReplayed(kind) || _filter?.Wants(stored.Header.Type) == false)
        {
            return;
        }

        if (!ReplayPolicy.IsAgentState(kind))
        {
            _write(stored);
        }
        else if (_stateLast)
        {
            _held = stored;
        }
        else if (stored.Id == _stateId)
        {
            _write(stored);
        }
    }

    /// <summary>Makes what is held back independent of the page that it lies in. To be called before a page is disposed.</summary>
    public void KeepHeld()
    {
        if (_held is { } stored)
        {
            _held = stored with { Json = stored.Json.ToArray() };
        }
    }

    /// <summary>The log is at its end: writes what was held back.</summary>
    public void End()
    {
        if (_held is { } stored)
        {
            _write(stored);
        }
    }
}
