using Gateway.Agents.V1.Translation;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Calls;

/// <summary>V0 client actions as V1 calls (PROTOCOL.md, "V0 actions as V1 calls"). Pure.</summary>
internal static class ActionMapper
{
    /// <param name="conversation">V1's spelling of the id.</param>
    /// <param name="status">V1's status as last known.</param>
    public static MappedAction Map(JObject action, Guid conversation, string? status)
    {
        var root = $"api/conversations/{conversation:D}";
        return action.TextOrNull("action") switch
        {
            "message" => Message(action.Object("args") ?? [], root, status),
            "change_agent_state" => ChangeState((action.Object("args") ?? []).Text("agent_state"), root, status),
            // Stored first: its observation names its id.
            "run" => new MappedAction([], StoredBySession: true),
            { } name => MappedAction.Refused($"The agent does not take the action '{Shortened(name)}'."),
            null => MappedAction.Refused("The agent does not take observations."),
        };
    }

    /// <summary>A user's own command, beside the agent: it never sees it, other than with V0.</summary>
    public static UpstreamCall Terminal(JObject args)
    {
        var body = new JObject { ["command"] = args.Text("command"), ["timeout"] = TerminalTimeoutSeconds };
        if (args.TextOrNull("cwd") is { Length: > 0 } folder)
        {
            body["cwd"] = folder;
        }

        return new UpstreamCall("api/bash/execute_bash_command", body);
    }

    public const int TerminalTimeoutSeconds = 300;

    /// <summary>The content of V1's message for the arguments of V0's.</summary>
    public static JArray Content(JObject args)
    {
        var content = new JArray();
        var images = new JArray((args["image_urls"] as JArray ?? []).Where(static url => url.Type == JTokenType.String));
        // An empty text is refused by some models; a message of nothing at all is still a message.
        if (args.Text("content") is { Length: > 0 } || images.Count == 0)
        {
            content.Add(new JObject { ["type"] = "text", ["text"] = args.Text("content") });
        }

        if (images.Count > 0)
        {
            content.Add(new JObject { ["type"] = "image", ["image_urls"] = images });
        }

        return content;
    }

    private static MappedAction Message(JObject args, string root, string? status)
    {
        var body = new JObject { ["role"] = "user", ["content"] = Content(args), ["run"] = true };
        var message = new UpstreamCall($"{root}/events", body);
        // A message runs the agent, and so would approve what waits; in V0 it drops it.
        return status == V1Status.WaitingForConfirmation
            ? new MappedAction([Respond(root, accept: false), message], StoredBySession: false)
            : new MappedAction([message], StoredBySession: false);
    }

    private static MappedAction ChangeState(string state, string root, string? status) => state switch
    {
        // Neither an interrupt nor a pause changes anything while V1 waits for the user.
        V0State.Stopped when status == V1Status.WaitingForConfirmation => Stored(Respond(root, accept: false)),
        V0State.Stopped => Stored(new UpstreamCall($"{root}/interrupt", Fallback: $"{root}/pause")) with { IsStop = true },
        V0State.Paused => Stored(new UpstreamCall($"{root}/pause")),
        V0State.Running => Stored(new UpstreamCall($"{root}/run", AcceptsConflict: true)),
        V0State.UserConfirmed => Stored(Respond(root, accept: true)),
        V0State.UserRejected => Stored(Respond(root, accept: false)),
        _ => MappedAction.Refused($"The agent cannot be set to the state '{Shortened(state)}'."),
    };

    private static MappedAction Stored(UpstreamCall call) => new([call], StoredBySession: true);

    private static UpstreamCall Respond(string root, bool accept)
    {
        var body = new JObject { ["accept"] = accept };
        if (!accept)
        {
            body["reason"] = "User rejected the action.";
        }

        return new UpstreamCall($"{root}/events/respond_to_confirmation", body);
    }

    private static string Shortened(string name) => name.Length <= 64 ? name : name[..64];
}
