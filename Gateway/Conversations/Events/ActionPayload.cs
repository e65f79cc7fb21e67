using System.Globalization;

using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Events;

/// <summary>What became of a client's payload.</summary>
internal abstract record ActionPayloadResult
{
    private ActionPayloadResult()
    {
    }

    /// <param name="Body">The event's own part in V0's key order, defaults filled in: no id, source, timestamp or message yet.</param>
    /// <param name="UnknownFields">Arguments (or extras) that the type does not have, and that were left out; some of them, cut
    /// short.</param>
    internal sealed record Accepted(JObject Body, IReadOnlyList<string> UnknownFields) : ActionPayloadResult;

    /// <param name="Message">For the sender; holds nothing of the payload but short names.</param>
    internal sealed record Refused(string Message) : ActionPayloadResult;
}

/// <summary>
/// Checks what a client sends as <c>oh_user_action</c> as V0's constructors would (PROTOCOL.md, "V0 client actions"),
/// and makes the body of the event. Texts that the messages and clients need must be texts; V0's other laxness is kept. Pure.
/// </summary>
internal static class ActionPayload
{
    private const int MaxUnknownNames = 20;
    private const int MaxNameLength = 64;

    /// <summary>
    /// Checks the first of an event's arguments, a JSON array whose UTF-8 the packet's decoder has checked. It is measured before anything
    /// is built of it; further arguments are not looked at.
    /// </summary>
    public static ActionPayloadResult CheckFirst(ReadOnlySpan<byte> arguments, JsonLimits limits)
    {
        var first = arguments.IsEmpty ? arguments : arguments[1..];
        return JsonShape.MeasureFirst(first, limits, out var length) switch
        {
            JsonShapeStatus.Ok => Check(JsonTree.ReadChecked(first[..length])),
            JsonShapeStatus.TooManyValues => new ActionPayloadResult.Refused(
                string.Create(CultureInfo.InvariantCulture, $"The action must not hold more than {limits.MaxValues} values.")),
            JsonShapeStatus.TooDeep => new ActionPayloadResult.Refused(
                string.Create(CultureInfo.InvariantCulture, $"The action must not be nested more than {limits.MaxDepth} deep.")),
            _ => new ActionPayloadResult.Refused("An action must be a JSON object."),
        };
    }

    /// <summary>Checks a payload read by <see cref="JsonTree"/>. The token is used up: its parts move into the result.</summary>
    public static ActionPayloadResult Check(JToken payload)
    {
        if (payload is not JObject json)
        {
            return new ActionPayloadResult.Refused("An action must be a JSON object.");
        }

        var isAction = json.ContainsKey("action");
        var (typeKey, fieldsKey) = isAction ? ("action", "args") : ("observation", "extras");
        if (!json.ContainsKey(typeKey))
        {
            return new ActionPayloadResult.Refused("An action must have the key 'action'.");
        }

        if ((json[typeKey] as JValue)?.Value is not string type || json[typeKey] is JRaw)
        {
            return new ActionPayloadResult.Refused($"The key '{typeKey}' must be a string.");
        }

        if (!(isAction ? EventTypes.Actions : EventTypes.Observations).TryGetValue(type, out var fields))
        {
            return new ActionPayloadResult.Refused($"Unknown {typeKey} '{Short(type)}'.");
        }

        if (json["id"] is { Type: not JTokenType.Null } id && !(id is JValue { Value: -1L }))
        {
            return new ActionPayloadResult.Refused("An action must not have an id: the server gives it one.");
        }

        if (!json.ContainsKey(fieldsKey))
        {
            json[fieldsKey] = new JObject();
        }

        return json[fieldsKey] is JObject
            ? Build(LegacyRewriter.Rewrite(json), isAction, type, fields)
            : new ActionPayloadResult.Refused($"The key '{fieldsKey}' must be an object.");
    }

    private static ActionPayloadResult Build(JObject json, bool isAction, string type, IReadOnlyList<EventField> fields)
    {
        var given = (JObject)(json[isAction ? "args" : "extras"] ?? new JObject());
        if (FindProblem(given, isAction, type, fields) is { } problem)
        {
            return new ActionPayloadResult.Refused(problem);
        }

        var kept = new JObject();
        foreach (var field in fields)
        {
            if (given.Property(field.Name) is { } property)
            {
                // Whole: a value that stands in a property is copied when it goes into another one.
                property.Remove();
                kept.Add(property);
            }
            else
            {
                kept[field.Name] = field.DefaultValue();
            }
        }

        IReadOnlyList<string> unknown = given.Count == 0 ? []
            : [.. given.Properties().Take(MaxUnknownNames).Select(static property => Short(property.Name))];
        var body = new JObject();

        // Recorded: V0 keeps a client's cause, unlike its source and timestamp.
        if (json["cause"] is JValue { Value: long })
        {
            body["cause"] = json["cause"];
        }

        if (isAction)
        {
            body["action"] = type;
            body["args"] = kept;
            if (json["timeout"] is { Type: JTokenType.Integer or JTokenType.Raw } timeout)
            {
                body["timeout"] = timeout;
            }

            return new ActionPayloadResult.Accepted(body, unknown);
        }

        body["observation"] = type;
        var content = json["content"] ?? "";
        if (content.Type != JTokenType.String)
        {
            return new ActionPayloadResult.Refused("The key 'content' must be a string.");
        }

        body["content"] = content;
        body["extras"] = kept;
        return new ActionPayloadResult.Accepted(body, unknown);
    }

    private static string? FindProblem(JObject given, bool isAction, string type, IReadOnlyList<EventField> fields)
    {
        foreach (var field in fields)
        {
            if (field.Default is not null)
            {
                continue;
            }

            if (!given.TryGetValue(field.Name, out var value))
            {
                return $"The {(isAction ? "action" : "observation")} '{type}' needs '{field.Name}'.";
            }

            if (field.IsText && value.Type != JTokenType.String)
            {
                return $"'{field.Name}' of '{type}' must be a string.";
            }
        }

        return type switch
        {
            "condensation" when isAction && !IsCondensation(given) =>
                "A condensation names the forgotten events either by ids or by start and end, and has both of summary and summary_offset, or none.",
            "recall" when !isAction && PythonText.Str(given["recall_type"]) is not ("workspace_context" or "knowledge") =>
                "'recall_type' must be 'workspace_context' or 'knowledge'.",
            _ => null,
        };
    }

    private static bool IsCondensation(JObject args)
    {
        var byIds = Has(args, "forgotten_event_ids");
        var byStart = Has(args, "forgotten_events_start_id");
        var byEnd = Has(args, "forgotten_events_end_id");
        return byStart == byEnd && byIds != byStart && Has(args, "summary") == Has(args, "summary_offset");
    }

    private static bool Has(JObject args, string name) => args[name] is { Type: not JTokenType.Null };

    /// <summary>A name fit for a message or a log line.</summary>
    private static string Short(string name)
    {
        var shown = new string([.. name.Take(MaxNameLength).Select(static c => c is >= ' ' and <= '~' and not '\'' ? c : '?')]);
        return name.Length > MaxNameLength ? shown + "..." : shown;
    }
}
