using Gateway.Agents.V1.Translation;
using Gateway.Conversations;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1;

/// <summary>
/// Counts by kind what V0 is not shown, and names each word of V1's that the <see cref="KindTable"/> does not have once in the log, with
/// its shape: a newer server tells on its first day what it does otherwise. Thread-safe; one for the process.
/// </summary>
internal sealed partial class KindCounter(V1Metrics metrics, ILogger logger) : IUntranslatedEvents
{
    /// <summary>
    /// Unknown words are a server's, and custom tools have as many as they like: past this number they are counted and not named.
    /// </summary>
    public const int MaxNamed = 256;

    private const string Other = "other";
    private const int MaxSampleLength = 64;

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Group, string Name), UntranslatedKind> _kinds = [];

    public IReadOnlyList<UntranslatedKind> Snapshot()
    {
        lock (_lock)
        {
            return [.. _kinds.Values];
        }
    }

    /// <summary>An event of the log has come.</summary>
    public void Count(JObject v1Event)
    {
        if (v1Event.Text("id").Length == 0)
        {
            metrics.Dropped(V1Kinds.NoId);
        }

        CountKind(v1Event);
    }

    /// <summary>Something that is not in the log, or not yet: then it is counted again when it comes with its number.</summary>
    public void CountTransient(JObject v1Event) => CountKind(v1Event);

    private void CountKind(JObject v1Event)
    {
        var kind = v1Event.Text("kind");
        if (KindTable.FindEvent(kind) is not { } row)
        {
            metrics.Dropped(V1Kinds.Unknown);
            if (CountUnknown("event", kind, v1Event))
            {
                Log.UnknownEvent(logger, JsonOutline.Name(kind), JsonOutline.Of(v1Event));
            }
        }
        else if (row.Translate is null)
        {
            metrics.Dropped(row.Name);
            Note("event", row.Name, isKnown: true, v1Event);
        }
        else
        {
            CountPart(kind, v1Event);
        }
    }

    private void CountPart(string kind, JObject v1Event)
    {
        switch (kind)
        {
            case "ConversationStateUpdateEvent":
                CountStateKey(v1Event);
                break;
            case "ActionEvent" when v1Event.Object("action") is { } action:
                CountTool("action", KindTable.FindAction(action.Text("kind")), action, v1Event);
                break;
            case "ObservationEvent" when v1Event.Object("observation") is { } result:
                CountTool("observation", KindTable.FindObservation(result.Text("kind")), result, v1Event);
                break;
            default:
                break;
        }
    }

    private void CountStateKey(JObject update)
    {
        var key = update.Text("key");
        if (KindTable.FindStateKey(key) is not { } row)
        {
            metrics.Dropped(V1Kinds.Unknown);
            if (CountUnknown("state", key, update))
            {
                Log.UnknownStateKey(logger, JsonOutline.Name(key), JsonOutline.Of(update["value"]));
            }
        }
        else if (row.Translate is null)
        {
            metrics.Dropped(row.Name);
            Note("state", row.Name, isKnown: true, update);
        }
    }

    private void CountTool(string group, KindRow? row, JObject part, JObject v1Event)
    {
        var kind = part.Text("kind");
        if (row is null && CountUnknown(group, kind, v1Event))
        {
            Log.UnknownTool(logger, group, JsonOutline.Name(kind), JsonOutline.Name(v1Event.Text("tool_name")), JsonOutline.Of(part));
        }
    }

    /// <summary>True the first time.</summary>
    private bool CountUnknown(string group, string name, JObject v1Event)
    {
        metrics.UnknownKind(group);
        return Note(group, JsonOutline.Name(name), isKnown: false, v1Event);
    }

    /// <summary>True when it is the first of its kind.</summary>
    private bool Note(string group, string name, bool isKnown, JObject v1Event)
    {
        var id = v1Event.Text("id");
        var isPlain = id.Length is > 0 and <= MaxSampleLength && id.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
        var sample = isPlain ? id : null;
        lock (_lock)
        {
            var isFirst = !_kinds.TryGetValue((group, name), out var seen);
            if (isFirst && _kinds.Count >= MaxNamed)
            {
                (isFirst, name) = (false, Other);
                seen = _kinds.GetValueOrDefault((group, name));
            }

            _kinds[(group, name)] = new UntranslatedKind(group, name, isKnown, (seen?.Count ?? 0) + 1, sample ?? seen?.SampleId);
            return isFirst;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            1, LogLevel.Warning,
            "The agent-server sends events of the kind {Kind}, which this version does not know; they are not shown. Shape: {Shape}")]
        public static partial void UnknownEvent(ILogger logger, string kind, string shape);

        [LoggerMessage(
            2, LogLevel.Information,
            "The agent-server tells of its state by the key {Key}, which this version does not know; it is not shown. Shape: {Shape}")]
        public static partial void UnknownStateKey(ILogger logger, string key, string shape);

        [LoggerMessage(
            3, LogLevel.Information,
            "The agent-server sends the {Group} {Kind} of the tool {Tool}, which this version does not know; it is shown by its name. Shape: {Shape}")]
        public static partial void UnknownTool(ILogger logger, string group, string kind, string tool, string shape);
    }
}
