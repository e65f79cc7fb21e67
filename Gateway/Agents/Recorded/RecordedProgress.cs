using Gateway.Conversations.Events;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.Recorded;

internal enum StepKind
{
    /// <summary>A client's action comes next, or nothing does.</summary>
    Wait,
    Append,
    Notify,
}

/// <param name="Action">A client's action that came before its turn, for an event that is one.</param>
internal readonly record struct RecordedStep(StepKind Kind, RecordedEvent? Event = null, RecordedNotice? Notice = null, JObject? Action = null);

/// <summary>
/// How far a conversation is in its script, and which of its ids stand for which recorded ones. Thread-safe: one lock, never held over
/// anything that waits.
/// </summary>
internal sealed class RecordedProgress(RecordedScript script, int life)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, int> _ids = [];
    private readonly Dictionary<int, JObject> _early = [];
    private readonly HashSet<int> _storing = [];
    private int _position;
    private int _notice;

    /// <summary>An event that the log held already: the next recorded one, or one that the recording does not have.</summary>
    public void Align(int id, JObject json)
    {
        lock (_lock)
        {
            // A damaged or missing event may be known to the recording alone.
            for (var i = _position; i < script.Events.Count && script.Events[i].Id <= id; i++)
            {
                if (RecordedScript.IsSame(script.Events[i].Json, json))
                {
                    Pass(i, id);
                    return;
                }
            }
        }
    }

    public void SkipNoticesOfEarlierLives()
    {
        lock (_lock)
        {
            while (_notice < script.Notices.Count && script.Notices[_notice].Life < life)
            {
                _notice++;
            }
        }
    }

    /// <summary>What comes next, of the events up to <paramref name="lastId"/>. The caller does it, then says <see cref="Appended"/>.</summary>
    public RecordedStep Next(int lastId)
    {
        lock (_lock)
        {
            var next = _position < script.Events.Count && script.Events[_position].Id <= lastId ? script.Events[_position] : null;
            var isHistory = lastId == script.HistoryEnd(life) && lastId != script.LifeEnd(life);
            if (!isHistory && _notice < script.Notices.Count && script.Notices[_notice] is var notice && (life < 0 || notice.Life == life)
                && (_position >= script.Events.Count || notice.AfterId < script.Events[_position].Id))
            {
                _notice++;
                return new RecordedStep(StepKind.Notify, Notice: notice);
            }

            return next switch
            {
                null => new RecordedStep(StepKind.Wait),
                { FromClient: false } => new RecordedStep(StepKind.Append, next),
                _ => _early.Remove(next.Id, out var action) ? new RecordedStep(StepKind.Append, next, Action: action) : new RecordedStep(StepKind.Wait),
            };
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
    public bool Offer(JObject action)
    {
        lock (_lock)
        {
            for (var i = _position; i < script.Events.Count; i++)
            {
                var recorded = script.Events[i];
                if (!recorded.FromClient || _early.ContainsKey(recorded.Id) || _storing.Contains(recorded.Id) || !RecordedScript.IsSame(recorded.Json, action))
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
            if (_position < script.Events.Count && script.Events[_position] is { FromClient: true } next && RecordedScript.IsSame(next.Json, json))
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
