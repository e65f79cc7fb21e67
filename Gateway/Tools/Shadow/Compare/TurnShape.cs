using Gateway.Tools.Verify.Wire;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Shadow.Compare;

/// <summary>
/// What an agent did between two events of its user, without what no two runs of a model have in common: which kinds of events there were,
/// which fields they had, and in which state it came to rest. Changed by who reads the events, then not any more.
/// </summary>
internal sealed class TurnShape
{
    private const int MaxFields = 2_000;
    private const int MaxDepth = 8;

    private static readonly HashSet<string> s_atRest =
        ["awaiting_user_input", "awaiting_user_confirmation", "finished", "stopped", "paused", "error", "rejected"];

    private readonly SortedDictionary<string, SortedDictionary<string, JTokenType>> _kinds = new(StringComparer.Ordinal);
    private int _fields;

    /// <summary>The agent's last state in it; null when none was shown.</summary>
    public string? EndState { get; private set; }

    /// <summary>The agent has nothing more to do in it.</summary>
    public bool IsAtRest => EndState is { } state && s_atRest.Contains(state);

    /// <summary>The turns of a conversation: the first is what was before its user said anything.</summary>
    public static List<TurnShape> Split(IEnumerable<V0Event> events)
    {
        var turns = new List<TurnShape> { new() };
        foreach (var one in events)
        {
            AddTo(turns, one);
        }

        return turns;
    }

    public static bool IsOfUser(V0Event one) => one is { Source: "user", IsRecallAction: false };

    /// <summary>Adds an event, in the order of ids, to the last turn or to a new one.</summary>
    public static void AddTo(List<TurnShape> turns, V0Event one)
    {
        if (IsOfUser(one))
        {
            turns.Add(new TurnShape());
        }

        turns[^1].Add(one);
    }

    /// <summary>In what the other turn is unlike this one, V0's.</summary>
    public IEnumerable<ShapeDifference> Compare(TurnShape other)
    {
        foreach (var kind in _kinds.Keys.Except(other._kinds.Keys))
        {
            yield return new ShapeDifference("missing-kind", kind);
        }

        foreach (var kind in other._kinds.Keys.Except(_kinds.Keys))
        {
            yield return new ShapeDifference("extra-kind", kind);
        }

        foreach (var (kind, fields) in _kinds)
        {
            if (!other._kinds.TryGetValue(kind, out var others))
            {
                continue;
            }

            foreach (var (pointer, type) in fields)
            {
                if (!others.TryGetValue(pointer, out var otherType))
                {
                    yield return new ShapeDifference("missing-field", $"{kind} {pointer}");
                }
                else if (type != otherType && type != JTokenType.Null && otherType != JTokenType.Null)
                {
                    yield return new ShapeDifference("changed-type", $"{kind} {pointer}");
                }
            }

            foreach (var pointer in others.Keys.Except(fields.Keys))
            {
                yield return new ShapeDifference("extra-field", $"{kind} {pointer}");
            }
        }

        // Who came when the turn was over was shown no state of it: a replay has the newest one alone.
        if (other.EndState is { } end && EndState != end)
        {
            yield return new ShapeDifference("end-state", $"{EndState ?? "none"} -> {end}");
        }
    }

    private void Add(V0Event one)
    {
        if (one.IsAgentState)
        {
            EndState = (string?)one.Json.SelectToken("extras.agent_state") ?? EndState;
        }

        if (one.MayBeLeftOutOfReplay || one.IsNeverLive)
        {
            // One of the two clients may have come late, and the other one not.
            return;
        }

        var kind = one.Action is { } action ? $"action {action}" : $"observation {one.Observation}";
        if (!_kinds.TryGetValue(kind, out var fields))
        {
            _kinds[kind] = fields = new SortedDictionary<string, JTokenType>(StringComparer.Ordinal);
        }

        AddFields(fields, "", one.Json, MaxDepth);
    }

    private void AddFields(SortedDictionary<string, JTokenType> fields, string pointer, JToken token, int depth)
    {
        if (pointer.Length > 0)
        {
            var type = TypeOf(token);
            if (!fields.TryGetValue(pointer, out var known))
            {
                if (++_fields > MaxFields)
                {
                    return;
                }

                fields[pointer] = type;
            }
            else if (known == JTokenType.Null)
            {
                fields[pointer] = type;
            }
        }

        if (depth == 0)
        {
            return;
        }

        switch (token)
        {
            case JObject json:
                foreach (var (name, value) in json)
                {
                    AddFields(fields, $"{pointer}/{name}", value ?? JValue.CreateNull(), depth - 1);
                }

                break;
            case JArray array:
                foreach (var item in array)
                {
                    AddFields(fields, $"{pointer}/*", item, depth - 1);
                }

                break;
        }
    }

    private static JTokenType TypeOf(JToken token) => token.Type switch
    {
        JTokenType.Integer => JTokenType.Float,
        JTokenType.Object or JTokenType.Array or JTokenType.Float or JTokenType.Boolean or JTokenType.Null => token.Type,
        _ => JTokenType.String,
    };
}

/// <summary>One thing in which two turns are unlike. Immutable.</summary>
/// <param name="Rule">Its kind.</param>
/// <param name="First">What it is about: a kind of event, a field of it, two states.</param>
internal readonly record struct ShapeDifference(string Rule, string First);
