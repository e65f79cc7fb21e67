using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;

namespace Gateway.Conversations.Replay;

/// <summary>
/// Finds the newest agent state of a log, which a replay shows in its place and without the older ones. A log is read backwards for it
/// once, and only as far as the state; what was found is kept, and the session's loop says what it appends. One for each open session; any
/// thread.
/// </summary>
internal sealed class NewestAgentState
{
    /// <summary>No agent state among the events that were asked about.</summary>
    public const int None = -1;

    // V0's page files hold as many, and begin at multiples of it: a step back reads one of them.
    private const int FirstStep = 25;

    // A step that finds a gap is followed by a larger one: ids may lie far apart.
    private const int MaxStep = 1 << 24;

    private Known _known = new(0, -1, None);

    /// <summary>The session has appended an event. Called by its loop, in the order of the ids.</summary>
    public void Appended(int id, EventKind kind)
    {
        while (true)
        {
            var known = Volatile.Read(ref _known);
            Known next;
            if (ReplayPolicy.IsAgentState(kind))
            {
                next = new Known(id, id, id);
            }
            else if (known.Through == id - 1)
            {
                next = known with { Through = id };
            }
            else
            {
                return;
            }

            if (Interlocked.CompareExchange(ref _known, next, known) == known)
            {
                return;
            }
        }
    }

    /// <summary>
    /// The id of the newest agent state from <paramref name="fromId"/> through <paramref name="throughId"/>, or <see cref="None"/>.
    /// <paramref name="readAsync"/> reads as <see cref="IEventLog.ReadAsync"/> does; its errors are thrown.
    /// </summary>
    public async ValueTask<int> FindAsync(int fromId, int throughId, Func<int, int, ValueTask<EventPage>> readAsync)
    {
        var (last, step) = (throughId, FirstStep);
        while (last >= fromId)
        {
            var known = Volatile.Read(ref _known);
            if (known.Covers(last) && known.StateId <= last)
            {
                if (known.StateId != None)
                {
                    Keep(new Known(known.StateId, throughId, known.StateId));
                    return known.StateId >= fromId ? known.StateId : None;
                }

                last = known.From - 1;
                continue;
            }

            var first = Math.Max(fromId, step == FirstStep ? last - (last % FirstStep) : last - step + 1);
            var (state, isEmpty) = await ReadAsync(first, last, readAsync);
            if (state != None)
            {
                Keep(new Known(state, throughId, state));
                return state;
            }

            if (known.Through < known.From || known.Through == throughId)
            {
                // Kept at once, where it takes the place of nothing: if the next read fails, whoever asks again goes on from here.
                Keep(new Known(first, throughId, None));
            }

            last = first - 1;
            step = isEmpty ? Math.Min(step * 2, MaxStep) : FirstStep;
        }

        Keep(new Known(fromId, throughId, None));
        return None;
    }

    /// <summary>The newest state in a log; null when there is none.</summary>
    public async ValueTask<string?> ReadAsync(IEventLog log, CancellationToken cancellationToken)
    {
        var id = await FindAsync(0, log.Head, (fromId, throughId) => log.ReadAsync(fromId, throughId, cancellationToken));
        if (id == None)
        {
            return null;
        }

        using var page = await log.ReadAsync(id, id, cancellationToken);
        return page.Events.Count == 0 ? null : AgentStates.Of(page.Events[0]);
    }

    private static async ValueTask<(int State, bool IsEmpty)> ReadAsync(int first, int last, Func<int, int, ValueTask<EventPage>> readAsync)
    {
        var (state, isEmpty) = (None, true);
        for (var next = first; next <= last;)
        {
            using var page = await readAsync(next, last);
            foreach (var stored in page.Events)
            {
                isEmpty = false;
                if (stored.Id <= last && ReplayPolicy.IsAgentState(stored.Header.Kind))
                {
                    state = stored.Id;
                }
            }

            next = page.NextId;
        }

        return (state, isEmpty);
    }

    /// <summary>Keeps what was found, unless more is known by now.</summary>
    private void Keep(Known found)
    {
        var known = Volatile.Read(ref _known);
        while (found.Through > known.Through || (found.Through == known.Through && found.From < known.From && known.StateId == None))
        {
            var seen = Interlocked.CompareExchange(ref _known, found, known);
            if (seen == known)
            {
                return;
            }

            known = seen;
        }
    }

    /// <summary>
    /// Of the events <paramref name="From"/> to <paramref name="Through"/>, <paramref name="StateId"/> is the newest agent state;
    /// <see cref="None"/>: there is none among them. Nothing is said of the others.
    /// </summary>
    private sealed record Known(int From, int Through, int StateId)
    {
        public bool Covers(int id) => id >= From && id <= Through;
    }
}
