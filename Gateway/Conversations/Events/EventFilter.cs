using System.Text;
using System.Text.Json;

namespace Gateway.Conversations.Events;

/// <summary>
/// The kinds of event that a client wants, by the names that events have: <c>run</c> is the action and the observation of that name,
/// <c>action:run</c> and <c>observation:run</c> one of them. Names of kinds to come are as good as others. Immutable; any thread.
/// </summary>
internal sealed class EventFilter
{
    public const int MaxNames = 100;

    private const string Action = "action:";
    private const string Observation = "observation:";

    private readonly uint[] _types;

    private EventFilter(uint[] types, int unknownNames) => (_types, UnknownNames) = (types, unknownNames);

    /// <summary>How many of the names are of no kind that V0 has.</summary>
    public int UnknownNames { get; }

    /// <summary>Of a filter that shows no agent state there is none to be found for a replay.</summary>
    public bool WantsAgentStates => Wants(EventType.AgentStateChanged);

    public bool Wants(uint type) => _types.AsSpan().Contains(type);

    /// <summary>
    /// Names between commas. False when there are too many; <paramref name="filter"/> is null when there are none, which wants all.
    /// </summary>
    public static bool TryParse(IEnumerable<string?> texts, out EventFilter? filter)
    {
        string[] names = [.. texts
            .SelectMany(static text => (text ?? "").Split(',', MaxNames + 2))
            .Select(static name => name.Trim())
            .Where(static name => name.Length > 0)
            .Distinct(StringComparer.Ordinal)
            .Take(MaxNames + 1)];
        filter = names.Length is 0 or > MaxNames ? null : new EventFilter([.. names.SelectMany(TypesOf)], names.Count(IsUnknown));
        return names.Length <= MaxNames;
    }

    /// <summary>As an auth payload gives them: a text as above, or a JSON array of them. False for anything else.</summary>
    public static bool TryParse(JsonElement json, out EventFilter? filter)
    {
        filter = null;
        return json.ValueKind switch
        {
            JsonValueKind.Null => true,
            JsonValueKind.String => TryParse([TextOf(json)], out filter),
            JsonValueKind.Array when json.EnumerateArray().All(static name => name.ValueKind == JsonValueKind.String) =>
                TryParse(json.EnumerateArray().Select(TextOf), out filter),
            _ => false,
        };
    }

    private static IEnumerable<uint> TypesOf(string name) => Split(name) switch
    {
        (true, var own) => [EventType.Of(Encoding.UTF8.GetBytes(own), isAction: true)],
        (false, var own) => [EventType.Of(Encoding.UTF8.GetBytes(own), isAction: false)],
        (_, var own) => TypesOf(Action + own).Concat(TypesOf(Observation + own)),
    };

    private static bool IsUnknown(string name) => Split(name) switch
    {
        (true, var own) => !EventTypes.Actions.ContainsKey(own),
        (false, var own) => !EventTypes.Observations.ContainsKey(own),
        (_, var own) => !EventTypes.Actions.ContainsKey(own) && !EventTypes.Observations.ContainsKey(own),
    };

    private static (bool? IsAction, string Name) Split(string name) =>
        name.StartsWith(Action, StringComparison.Ordinal) ? (true, name[Action.Length..].Trim())
        : name.StartsWith(Observation, StringComparison.Ordinal) ? (false, name[Observation.Length..].Trim())
        : (null, name);

    private static string TextOf(JsonElement json)
    {
        try
        {
            return json.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            // An escaped half of a surrogate pair: the name of nothing.
            return "?";
        }
    }
}
