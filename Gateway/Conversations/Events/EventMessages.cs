using System.Globalization;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Events;

/// <summary>The <c>message</c> that V0 computes for an event (PROTOCOL.md, "V0 actions" and "V0 observations"). Pure.</summary>
internal static class EventMessages
{
    /// <summary>So many ids of dropped events are named; a client may claim any range.</summary>
    private const int MaxForgottenIds = 1_000;

    /// <summary>
    /// The text for an event with <c>action</c> and <c>args</c>, or <c>observation</c>, <c>content</c> and <c>extras</c>; "" for unknown
    /// types.
    /// </summary>
    public static string For(JObject draft)
    {
        if (draft.TryGetValue("action", out var action))
        {
            return ForAction((action as JValue)?.Value as string, draft["args"] as JObject ?? []);
        }

        var observation = (draft["observation"] as JValue)?.Value as string;
        return ForObservation(observation, PythonText.Str(draft["content"]), draft["extras"] as JObject ?? []);
    }

    private static string ForAction(string? action, JObject args)
    {
        string Arg(string name) => PythonText.Str(args[name]);
        return action switch
        {
            "message" or "system" => Arg("content"),
            "run" => $"Running command: {Arg("command")}",
            "run_ipython" => $"Running Python code interactively: {Arg("code")}",
            "read" => $"Reading file: {Arg("path")}",
            "write" => $"Writing file: {Arg("path")}",
            "browse" => $"I am browsing the URL: {Arg("url")}",
            "browse_interactive" => $"I am interacting with the browser:\n```\n{Arg("browser_actions")}\n```",
            "call_tool_mcp" => "I am interacting with the MCP server with name:\n```\n" + Arg("name")
                + "\n```\nand arguments:\n```\n" + Arg("arguments") + "\n```",
            "delegate" => $"I'm asking {Arg("agent")} for help with this task.",
            "think" => $"I am thinking...: {Arg("thought")}",
            "finish" => Arg("thought") is { Length: > 0 } thought ? thought : "All done! What's next on the agenda?",
            "reject" => "Task is rejected by the agent."
                + (args["outputs"]?["reason"] is { } reason ? $" Reason: {PythonText.Str(reason)}" : ""),
            "change_agent_state" => $"Agent state changed to {Arg("agent_state")}",
            "recall" => $"Retrieving content for: {PythonText.Take(Arg("query"), 50)}",
            "condensation" => Condensation(args),
            "condensation_request" => "Requesting a condensation of the conversation history.",
            "task_tracking" => TaskTracking((args["task_list"] as JArray)?.Count ?? 0),
            "null" => "No action",
            _ => "",
        };
    }

    private static string ForObservation(string? observation, string content, JObject extras)
    {
        string Extra(string name) => PythonText.Str(extras[name]);
        return observation switch
        {
            "run" => $"Command `{Extra("command")}` executed with exit code {PythonText.Str(extras["metadata"]?["exit_code"])}.",
            "run_ipython" => "Code executed in IPython cell.",
            "read" => $"I read the file {Extra("path")}.",
            "write" => $"I wrote to the file {Extra("path")}.",
            "edit" => $"I edited the file {Extra("path")}.",
            "browse" => $"Visited {Extra("url")}",
            "recall" => Extra("recall_type") == "workspace_context" ? "Added workspace context" : "Added microagent knowledge",
            "download" => $"Downloaded the file at location: {Extra("file_path")}",
            "mcp" or "think" or "error" or "success" or "user_rejected" or "condense" or "task_tracking" => content,
            "null" => "No observation",
            _ => "",
        };
    }

    private static string TaskTracking(int count) => count switch
    {
        0 => "Clearing the task list.",
        1 => "Managing 1 task item.",
        _ => string.Create(CultureInfo.InvariantCulture, $"Managing {count} task items."),
    };

    private static string Condensation(JObject args)
    {
        if (PythonText.Str(args["summary"]) is { Length: > 0 } summary && args["summary"]?.Type == JTokenType.String)
        {
            return $"Summary: {summary}";
        }

        var ids = args["forgotten_event_ids"] is JArray listed ? listed.Take(MaxForgottenIds + 1).Select(PythonText.Repr) : Range(args);
        var named = ids.Take(MaxForgottenIds + 1).ToList();
        if (named.Count > MaxForgottenIds)
        {
            named[MaxForgottenIds] = "...";
        }

        return $"Condenser is dropping the events: [{string.Join(", ", named)}].";
    }

    private static IEnumerable<string> Range(JObject args)
    {
        if ((args["forgotten_events_start_id"] as JValue)?.Value is long first
            && (args["forgotten_events_end_id"] as JValue)?.Value is long last)
        {
            for (var id = first; id <= last; id++)
            {
                yield return id.ToString(CultureInfo.InvariantCulture);
            }
        }
    }
}
