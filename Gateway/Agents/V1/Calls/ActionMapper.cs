using Gateway.Agents.V1.Translation;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Calls;

/// <summary>What V0's client actions are as V1 calls (PROTOCOL.md, "V0 actions as V1 calls"). Pure.</summary>
/// <param name="conversation">The conversation; its paths have V1's spelling.</param>
internal sealed class ActionMapper(Guid conversation)
{
    private readonly string _root = $"api/conversations/{conversation:D}";

    /// <summary>The conversation itself: for GET.</summary>
    public string Conversation => _root;

    public UpstreamCall Run => new($"{_root}/run", AcceptsConflict: true);

    public UpstreamCall Pause => new($"{_root}/pause");

    /// <summary>Ends at once what the agent does; older servers only pause, between two steps.</summary>
    public UpstreamCall Interrupt => new($"{_root}/interrupt", Fallback: $"{_root}/pause");

    /// <summary>V1 runs whatever there is when nothing waits: only for a conversation that is known to wait.</summary>
    public UpstreamCall Confirm => Respond(new JObject { ["accept"] = true });

    public UpstreamCall Reject => Respond(new JObject { ["accept"] = false, ["reason"] = "User rejected the action." });

    /// <summary>Why V1 has nothing for the action; null when it has.</summary>
    public static string? FindRefusal(JObject action) => action.TextOrNull("action") switch
    {
        "message" or "run" => null,
        "change_agent_state" => FindStateRefusal(StateOf(action)),
        { } name => $"The agent does not take the action '{Shortened(name)}'.",
        null => "The agent does not take observations.",
    };

    /// <summary>The state that a <c>change_agent_state</c> asks for.</summary>
    public static string StateOf(JObject action) => (action.Object("args") ?? []).Text("agent_state");

    /// <param name="run">False: the message is only stored.</param>
    public UpstreamCall Message(JArray content, bool run) =>
        new($"{_root}/events", new JObject { ["role"] = "user", ["content"] = content, ["run"] = run });

    /// <summary>
    /// What a change of state asks of V1 as it stands; a stop is the one that does not ask first. V0 shows a state that changes nothing,
    /// and runs nothing for it (<c>v0/stop-while-waiting</c>); V1 would run, or show nothing.
    /// </summary>
    /// <param name="status">V1's status now.</param>
    /// <param name="shown">V0's state as clients see it.</param>
    /// <param name="isHeld">A pause came before what was to run.</param>
    public StateChange Change(string state, string status, string? shown, bool isHeld) => state switch
    {
        V0State.Paused when status == V1Status.Running => new(Pause),
        // After a stop V1 is paused as well, whatever has been shown since; V0 goes on only with a message then.
        V0State.Running when status == V1Status.Paused && shown is (V0State.Paused or null) => new(Run),
        V0State.Running when status == V1Status.Idle && isHeld => new(Run),
        V0State.Running when status == V1Status.Running => new(),
        V0State.UserConfirmed when status == V1Status.WaitingForConfirmation => new(Confirm),
        V0State.UserRejected when status == V1Status.WaitingForConfirmation => new(Reject),
        _ => new(ShownState: state),
    };

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

    private static string? FindStateRefusal(string state) => state is V0State.Stopped or V0State.Paused or V0State.Running
        or V0State.UserConfirmed or V0State.UserRejected
            ? null
            : $"The agent cannot be set to the state '{Shortened(state)}'.";

    /// <summary>A client's text in one line of a log or a message.</summary>
    private static string Shortened(string name) => new([.. name.Take(64).Select(static c => char.IsControl(c) ? '?' : c)]);

    private UpstreamCall Respond(JObject body) => new($"{_root}/events/respond_to_confirmation", body);
}

/// <summary>What becomes of a change of state: V1 is called and shows what comes of it, or V0's state is only shown; or neither.</summary>
internal readonly record struct StateChange(UpstreamCall? Call = null, string? ShownState = null);
