using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Events;

/// <summary>
/// What V0 does to the fields of its older versions whenever it reads an event, from disk or from a client (PROTOCOL.md, "V0 legacy fields"
/// and "V0 stored and shown"). Pure: works in place on the tree it is given.
/// </summary>
internal static class LegacyRewriter
{
    /// <summary>How V0 begins the message of a state change that the server made, on disk alone.</summary>
    public const string StoredStatePrefixText = "Agent state changed to AgentState.";

    /// <summary>
    /// How V0 begins the message of a state change that the server made, on disk alone: it shows <c>… changed to running</c>.
    /// </summary>
    public static ReadOnlySpan<byte> StoredStatePrefix => "Agent state changed to AgentState."u8;

    /// <summary>
    /// A stored event as V0 shows it; for events whose <see cref="EventHeader.NeedsRewrite"/> is set. Numbers and dates stay as they were
    /// written. Bytes that are no JSON object come back as they are.
    /// </summary>
    public static ReadOnlyMemory<byte> Rewrite(ReadOnlyMemory<byte> json)
    {
        if (!JsonTree.TryReadObject(json.Span, out var stored))
        {
            return json;
        }

        // Dropped for clients, who never missed it, but not for those of V0 0.40, who were sent it.
        var taskCompleted = (stored["args"] as JObject)?["task_completed"];
        Rewrite(stored);
        if (taskCompleted is not null && stored["args"] is JObject args)
        {
            args["task_completed"] = taskCompleted;
        }

        if (stored["message"] is JValue { Value: string message } && message.StartsWith(StoredStatePrefixText, StringComparison.Ordinal))
        {
            stored["message"] = EventMessages.For(stored);
        }

        return EventWriter.Encode(stored);
    }

    /// <summary>Puts the legacy fields of an event right, in place, and returns it.</summary>
    public static JObject Rewrite(JObject json)
    {
        if (json.ContainsKey("action"))
        {
            if (json["args"] is JObject args)
            {
                RewriteArgs(json, args);
            }
        }
        else if (json.ContainsKey("observation") && (json["extras"] ??= new JObject()) is JObject extras)
        {
            RewriteExtras(extras, isRun: (json["observation"] as JValue)?.Value is "run");
        }

        return json;
    }

    private static void RewriteArgs(JObject json, JObject args)
    {
        if (Pop(args, "timestamp") is JValue { Value: string { Length: > 0 } timestamp } && !json.ContainsKey("timestamp"))
        {
            json["timestamp"] = timestamp;
        }

        if (Pop(args, "is_confirmed") is { Type: not JTokenType.Null } confirmed)
        {
            args["confirmation_state"] = confirmed;
        }

        if (Pop(args, "images_urls") is { } images)
        {
            args["image_urls"] = images;
        }

        RewriteRisk(args);
        args.Remove("keep_prompt");
        args.Remove("task_completed");
        args.Remove("translated_ipython_code");
    }

    /// <summary>V0 makes an enum of the number, whatever its form, and drops what is none; null stays.</summary>
    private static void RewriteRisk(JObject args)
    {
        if (args["security_risk"] is not { Type: not JTokenType.Null } risk)
        {
            return;
        }

        var text = PythonText.Str(risk);
        long? value = risk.Type == JTokenType.String ? null : text switch
        {
            "-1" or "-1.0" => -1,
            "0" or "0.0" or "-0.0" or "False" => 0,
            "1" or "1.0" or "True" => 1,
            "2" or "2.0" => 2,
            _ => null,
        };
        if (value is null)
        {
            args.Remove("security_risk");
        }
        else
        {
            args["security_risk"] = value;
        }
    }

    private static void RewriteExtras(JObject extras, bool isRun)
    {
        var exitCode = Pop(extras, "exit_code");
        var processId = Pop(extras, "command_id");
        extras.Remove("formatted_output_and_error");
        if (!isRun && exitCode is null && processId is null)
        {
            return;
        }

        var known = extras["metadata"] as JObject;
        var metadata = new JObject();
        foreach (var field in EventTypes.RunMetadata)
        {
            metadata[field.Name] = known?[field.Name] ?? field.DefaultValue();
        }

        if (exitCode is not null)
        {
            metadata["exit_code"] = exitCode;
        }

        if (processId is not null)
        {
            metadata["pid"] = processId;
        }

        extras["metadata"] = metadata;
    }

    private static JToken? Pop(JObject from, string name)
    {
        var value = from[name];
        from.Remove(name);
        return value;
    }
}
