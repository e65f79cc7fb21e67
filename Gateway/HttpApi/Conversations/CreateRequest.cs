using Gateway.Conversations.Storage;
using Gateway.HttpApi.Conventions;
using Gateway.HttpApi.Settings;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Conversations;

/// <summary>
/// The body of <c>POST /api/conversations</c>, as every V0 web UI from 0.18 on sends it. Immutable. Source: PROTOCOL.md,
/// "V0 conversations".
/// </summary>
/// <param name="Repository">Null for none.</param>
/// <param name="FirstMessage">The action that submits what the user has typed; null when there was nothing.</param>
internal sealed record CreateRequest(
    string? Repository, string? Provider, string? Branch, string Trigger, string? Instructions, JObject? FirstMessage)
{
    private const string Gui = "gui";
    private const string SuggestedTaskTrigger = "suggested_task";
    private const string MicroagentTrigger = "microagent_management";

    private static readonly string[] s_known =
    [
        "repository", "git_provider", "selected_branch", "initial_user_msg", "image_urls", "replay_json", "suggested_task",
        "create_microagent", "conversation_instructions", "mcp_config",
    ];

    // Of older web UIs: settings that the browser kept, a token, and where a conversation comes from. None is needed.
    private static readonly string[] s_dropped = ["args", "github_token", "conversation_trigger"];

    private const string OldRepository = "selected_repository";

    /// <summary>Faults are in <paramref name="errors"/>; the result is then of no use.</summary>
    public static CreateRequest? Read(RequestFields body, RequestErrors errors)
    {
        var repository = body.OptionalText("repository");
        var provider = RequestWords.Optional(body, "git_provider", MetadataRules.Providers);
        var branch = body.OptionalText("selected_branch");
        var text = body.OptionalText("initial_user_msg");
        var pictures = body.OptionalTexts("image_urls") ?? [];
        body.OptionalText("replay_json");
        var task = body.OptionalObject("suggested_task") is { } suggested ? SuggestedTask.Read(suggested) : null;
        var microagent = ReadMicroagent(body);
        var instructions = body.OptionalText("conversation_instructions");
        _ = body.Has("mcp_config") ? McpConfig.Read(body, "mcp_config") : null;
        var old = ReadOldRepository(body, errors);
        body.ForbidOthers([.. s_known, .. s_dropped, OldRepository]);
        if (errors.Any)
        {
            return null;
        }

        if (task is null && microagent is { } added)
        {
            repository = NoneIfEmpty(repository) ?? added.Repository;
            provider ??= added.Provider;
        }

        return new CreateRequest(
            NoneIfEmpty(repository) ?? NoneIfEmpty(old.Repository),
            provider ?? old.Provider,
            branch,
            task is not null ? SuggestedTaskTrigger : microagent is not null ? MicroagentTrigger : Gui,
            instructions,
            MessageOf(task?.Message() ?? text ?? "", pictures));
    }

    /// <summary>Members of the metadata that differ from a new conversation's.</summary>
    public JObject Metadata() => new()
    {
        ["selected_repository"] = Repository,
        ["selected_branch"] = Branch,
        ["git_provider"] = Provider,
        ["trigger"] = Trigger,
    };

    private static (string Repository, string? Provider)? ReadMicroagent(RequestFields body)
    {
        if (body.OptionalObject("create_microagent") is not { } fields)
        {
            return null;
        }

        var read = (fields.RequiredText("repo"), RequestWords.Optional(fields, "git_provider", MetadataRules.Providers));
        fields.OptionalText("title");
        return read;
    }

    /// <summary>Web UIs up to 0.36 send the name, or from 0.32 on an object that holds it.</summary>
    private static (string? Repository, string? Provider) ReadOldRepository(RequestFields body, RequestErrors errors)
    {
        switch (body.Json[OldRepository])
        {
            case null or { Type: JTokenType.Null }:
                return default;
            case { Type: JTokenType.String } name:
                return ((string?)name, null);
            case JObject repository when repository.TextOrNull("full_name") is { } name:
                return (name, MetadataRules.Providers.FirstOrDefault(known => known == repository.TextOrNull("git_provider")));
            case { } other:
                errors.Add("string_type", body.LocationOf(OldRepository), "Input should be a valid string", other);
                return default;
        }
    }

    private static string? NoneIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    /// <summary>An empty text is none; pictures alone are a message.</summary>
    private static JObject? MessageOf(string text, IReadOnlyList<string> pictures) => text.Length == 0 && pictures.Count == 0
        ? null
        : new JObject
        {
            ["action"] = "message",
            ["args"] = new JObject { ["content"] = text, ["image_urls"] = new JArray(pictures) },
        };
}
