using Gateway.Agents.V1.Translation;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.History.ToV1;

/// <summary>
/// A V0 log as a V1 log, so that the bridge's translation shows V0's again. V1 goes on with such a log as with its own, so it has V1's
/// rules: the system prompt first, each call once with its result behind it, no key that V1's reader does not know, and no
/// <c>parent_id</c>: servers before 1.31 refuse it, and later ones read a log without as a line. Pure; used once.
/// </summary>
internal sealed class HistoryTranslator
{
    private const string MadePrompt = "You are an agent who writes software with its user. What precedes was done on another server.";

    private readonly IReadOnlyList<(int V0Id, JObject Event)> _events;
    private readonly CallIndex _index;
    private readonly V1LogBuilder _log;
    private readonly CallWriter _calls;
    private readonly int _lastCondensation;
    private bool _lastIsAnswer;

    // The last condensation with a summary.
    private string? _summarised;

    private HistoryTranslator(Guid conversation, IReadOnlyList<(int V0Id, JObject Event)> events)
    {
        _events = events;
        _index = new CallIndex(events);
        _log = new V1LogBuilder(
            conversation,
            events.Select(static one => one.Event.Text("timestamp")).FirstOrDefault(static time => time.Length > 0) ?? "");
        _calls = new CallWriter(_log);
        _lastCondensation = events.LastOrDefault(static one => one.Event.Text("action") == "condensation", (-1, [])).V0Id;
    }

    /// <param name="conversation">V1's id of the conversation.</param>
    /// <param name="events">V0's log in its order, whole.</param>
    public static V1History Translate(Guid conversation, IReadOnlyList<(int V0Id, JObject Event)> events)
    {
        var translator = new HistoryTranslator(conversation, events);
        translator.AddPrompt();
        foreach (var (id, one) in events)
        {
            translator.Add(id, one);
        }

        if (events.Count > 0)
        {
            // A conversation that V1 has just made is idle, whatever V0's last word was.
            translator._log.AddStatus(V1Status.Idle, events[^1].V0Id, "end", []);
        }

        return translator._log.Build();
    }

    private void Add(int id, JObject one)
    {
        _log.Timestamp = one.Text("timestamp") is { Length: > 0 } time ? time : _log.Timestamp;
        if (one["llm_metrics"] is JObject)
        {
            _log.Losses.Add(HistoryLoss.Metrics, id);
        }

        if (CallIndex.IsCall(one))
        {
            // One that is shown again is there already.
            if (_index.FirstShownBy(id) is { } call)
            {
                _calls.Add(call);
                _lastIsAnswer = false;
            }
        }
        else if (CallIndex.IsResult(one))
        {
            if (!_index.IsResultOfACall(id))
            {
                _calls.AddLoose(id, one);
            }
        }
        else
        {
            AddOther(id, one);
        }
    }

    private void AddOther(int id, JObject one)
    {
        switch (one.TextOrNull("action") ?? one.Text("observation"))
        {
            case "message":
                AddMessage(id, one);
                break;
            case "agent_state_changed":
                AddState(id, one);
                break;
            case "condensation":
                AddCondensation(id, one);
                break;
            case "condensation_request" when id < _lastCondensation:
                _log.Append("CondensationRequest", id, "request", "environment", []);
                break;
            case "condensation_request":
                _log.Losses.Add(HistoryLoss.OpenRequest, id);
                break;
            case "change_agent_state":
                _log.Losses.Add(HistoryLoss.StateRequest, id);
                break;
            case "recall" when one.Object("extras").Text("recall_type") == "workspace_context":
                _log.Losses.Add(HistoryLoss.Workspace, id);
                break;
            default:
                // The prompt is there already, microagents are with their message; the rest says nothing.
                break;
        }
    }

    /// <summary>V1 wants it before the first message, and has one.</summary>
    private void AddPrompt()
    {
        var prompts = _events.Where(static one => one.Event.Text("action") == "system").ToList();
        var firstId = _events.Count > 0 ? _events[0].V0Id : 0;
        var (id, prompt) = prompts.FirstOrDefault((firstId, []));
        var text = prompt.Object("args").Text("content");
        if (text.Length == 0)
        {
            _log.Losses.Add(HistoryLoss.MadePrompt, firstId);
        }
        else if (_events.TakeWhile(one => one.V0Id != id).Any(static one => one.Event.Text("action") == "message"))
        {
            _log.Losses.Add(HistoryLoss.MovedPrompt, id);
        }

        if (prompt.Object("args")?["tools"] is JArray { Count: > 0 })
        {
            _log.Losses.Add(HistoryLoss.ToolList, id);
        }

        foreach (var other in prompts.Skip(1).Where(other => other.Event.Object("args").Text("content") != text))
        {
            _log.Losses.Add(HistoryLoss.OtherPrompt, other.V0Id);
        }

        _log.Append("SystemPromptEvent", id, "prompt", "agent", new JObject
        {
            ["system_prompt"] = V1Content.Text(text.Length > 0 ? text : MadePrompt),
            ["tools"] = new JArray(),
        }, text.Length > 0 ? null : []);
    }

    private void AddMessage(int id, JObject message)
    {
        var source = message.Text("source");
        var args = message.Object("args") ?? [];
        if (source is not ("user" or "agent"))
        {
            _log.Losses.Add(HistoryLoss.StrangeMessage, id);
            return;
        }

        if (args["file_urls"] is JArray { Count: > 0 })
        {
            _log.Losses.Add(HistoryLoss.FileUrls, id);
        }

        var content = V1Content.TextOrNothing(args.Text("content"));
        if (V1Content.Strings(args["image_urls"]) is { Count: > 0 } images)
        {
            content.Add(V1Content.Images(images));
        }

        // An empty message says nothing, and models refuse it.
        if (content.Count == 0)
        {
            return;
        }

        var knowledge = _index.KnowledgeOf(id);
        var messageId = _log.Append("MessageEvent", id, "message", source, new JObject
        {
            ["llm_message"] = new JObject
            {
                ["role"] = source == "user" ? "user" : "assistant",
                ["content"] = content,
                ["thinking_blocks"] = new JArray(),
            },
            ["activated_skills"] = new JArray(knowledge.Select(static one => one.Text("name"))),
            ["extended_content"] = new JArray(knowledge.SelectMany(static one => V1Content.TextOrNothing(one.Text("content")))),
        });
        _log.MakeForgettable([id], messageId);
        _calls.EndBatch();
        _lastIsAnswer = source == "agent";
    }

    private void AddState(int id, JObject observation)
    {
        var state = observation.Object("extras").Text("agent_state");
        var status = state switch
        {
            V0State.Running => V1Status.Running,
            V0State.AwaitingUserInput => _lastIsAnswer ? V1Status.Finished : V1Status.Idle,
            V0State.Finished => V1Status.Finished,
            V0State.Paused or V0State.Stopped => V1Status.Paused,
            V0State.Error => V1Status.Error,
            _ => null,
        };
        if (state is V0State.AwaitingConfirmation or V0State.UserConfirmed or V0State.UserRejected)
        {
            // Said with the call that it is about.
            return;
        }

        if (status is null || state == V0State.Stopped)
        {
            _log.Losses.Add(HistoryLoss.State, id);
        }

        if (status is not null)
        {
            _log.AddStatus(status, id, "status", [id]);
        }
    }

    private void AddCondensation(int id, JObject condensation)
    {
        var args = condensation.Object("args") ?? [];
        var (forgotten, offset) = _log.Forget(CallIndex.ForgottenIds(args));

        // V0's agent reads the newest summary alone; V1's reads each that is not forgotten, by this id.
        var fields = new JObject
        {
            ["forgotten_event_ids"] = new JArray(_summarised is null ? forgotten : forgotten.Append($"{_summarised}-summary")),
        };
        var summary = args.TextOrNull("summary");
        if (summary is not null)
        {
            fields["summary"] = summary;
            fields["summary_offset"] = offset;
        }

        fields["llm_response_id"] = CallWriter.Name("response", id);
        var condensationId = _log.Append("Condensation", id, "condensation", "environment", fields);
        _summarised = summary is not null ? condensationId : _summarised;
    }
}
