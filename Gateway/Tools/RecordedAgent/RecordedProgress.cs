using Newtonsoft.Json.Linq;

namespace Gateway.Tools.RecordedAgent;

internal enum StepKind
{
    /// <summary>A client's action comes next, or nothing does.</summary>
    Wait,
    Append,
    Notify,
}

/// <param name="Action">A client's action that came before its turn, for an event that is one.</param>
internal readonly record struct RecordedStep(StepKind Kind, RecordedEvent? Event = null, RecordedTransientMessage? TransientMessage = null,
    JObject? Action = null);

/// <summary>
/// How far a conversation is in its script, and which of its ids stand for which recorded ones. Thread-safe: one lock, never held over
/// anything that waits.
/// </summary>
internal sealed class RecordedProgress(RecordedScript script)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, int> _ids = [];
    private readonly Dictionary<int, JObject> _early = [];
    private readonly HashSet<int> _storing = [];
    private int _position;
    private int _transientMessage;

    /// <summary>An event that the log held already: the next recorded one, or one that the recording does not have.</summary>
    public void Align(int id, JObject json)
    {
        lock (_lock)
        {
            // A damaged or missing event may be known to the recording alone.
            for (var i = _position; i < script.Events.Count && script.Events[i].Id <= id; i++)
            {
                if (script.Events[i].Is(json) || (script.Events[i] is { IsUnknown: true } unknown && unknown.Id == id))
                {
                    Pass(i, id);
                    return;
                }
            }
        }
    }

    /// <summary>The recorded event that comes next; past every id when all have come.</summary>
    public int NextId
    {
        get
        {
            lock (_lock)
            {
                return _position < script.Events.Count ? script.Events[_position].Id : int.MaxValue;
            }
        }
    }

    public void SkipTransientMessagesBefore(int life)
    {
        lock (_lock)
        {
            while (_transientMessage < script.TransientMessages.Count && script.TransientMessages[_transientMessage].Life < life)
            {
                _transientMessage++;
            }
        }
    }

    /// <summary>What comes next of what was there when a life began. The caller does it, then says <see cref="Appended"/>.</summary>
    public RecordedStep NextOfHistory(int life)
    {
        lock (_lock)
        {
            return NextEvent(script.HistoryEnd(life));
        }
    }

    /// <summary>What comes next in a life. The caller does it, then says <see cref="Appended"/> of an event.</summary>
    public RecordedStep Next(int life)
    {
        lock (_lock)
        {
            if (_transientMessage < script.TransientMessages.Count
                && script.TransientMessages[_transientMessage] is var transientMessage
                && transientMessage.Life == life
                && (_position >= script.Events.Count || transientMessage.AfterId < script.Events[_position].Id))
            {
                _transientMessage++;
                return new RecordedStep(StepKind.Notify, TransientMessage: transientMessage);
            }

            return NextEvent(script.LifeEnd(life));
        }
    }

    public void Appended(RecordedEvent recorded, int id)
    {
        lock (_lock)
        {
            _ids[recorded.Id] = id;
            _position = Math.Max(_position, IndexOf(recorded.Id) + 1);
        }
    }

    /// <summary>A client's action. True: it came before its turn and is kept for it; false: it is stored now.</summary>
    public bool Add(JObject action)
    {
        lock (_lock)
        {
            for (var i = _position; i < script.Events.Count; i++)
            {
                var recorded = script.Events[i];
                if (!recorded.FromClient
                    || _early.ContainsKey(recorded.Id)
                    || _storing.Contains(recorded.Id)
                    || !recorded.Is(action))
                {
                    continue;
                }

                if (i == _position)
                {
                    _storing.Add(recorded.Id);
                    return false;
                }

                _early[recorded.Id] = action;
                return true;
            }

            return false;
        }
    }

    /// <summary>A client's action is stored.</summary>
    public void Stored(int id, JObject json)
    {
        lock (_lock)
        {
            if (_position < script.Events.Count
                && script.Events[_position] is { FromClient: true } next
                && next.Is(json))
            {
                Pass(_position, id);
            }
        }
    }

    /// <summary>A recorded event as it is to be appended: its id is the log's to give, its cause is the one that it has here.</summary>
    public JObject Draft(RecordedEvent recorded)
    {
        var draft = (JObject)recorded.Json.DeepClone();
        draft.Remove("id");
        lock (_lock)
        {
            if (draft["cause"] is JValue { Value: long and >= 0 and <= int.MaxValue } cause && _ids.TryGetValue((int)cause, out var here))
            {
                draft["cause"] = here;
            }
        }

        return draft;
    }

    private RecordedStep NextEvent(int lastId) =>
        (_position < script.Events.Count && script.Events[_position].Id <= lastId ? script.Events[_position] : null) switch
        {
            null => new RecordedStep(StepKind.Wait),
            { FromClient: false } next => new RecordedStep(StepKind.Append, next),
            var next => _early.Remove(next.Id, out var action)
                ? new RecordedStep(StepKind.Append, next, Action: action)
                : new RecordedStep(StepKind.Wait),
        };

    private void Pass(int index, int id)
    {
        _ids[script.Events[index].Id] = id;
        _position = index + 1;
    }

    private int IndexOf(int recordedId)
    {
        var index = _position;
        while (index < script.Events.Count && script.Events[index].Id != recordedId)
        {
            index++;
        }

        return index < script.Events.Count ? index : -1;
    }
}
