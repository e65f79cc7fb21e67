using Gateway.Agents.V1.Calls;
using Gateway.Conversations;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Rest;

/// <summary>
/// Fills a StartConversationRequest with what a V0 user has asked for and set. What the operator's template says wins; what it leaves open
/// comes from the user's V0 settings. Pure.
/// </summary>
internal static class StartRequest
{
    private static readonly BackendAnswer s_noSettings =
        BackendAnswer.Failed("Settings not found", "CONFIGURATION$SETTINGS_NOT_FOUND");

    private static readonly BackendAnswer s_noKey = BackendAnswer.Failed(
        "Error authenticating with the LLM provider. Please check your API key", "STATUS$ERROR_LLM_AUTHENTICATION");

    // Models behind these need no key, as with V0.
    private static readonly string[] s_keyless = ["bedrock/", "lemonade/"];

    /// <summary>True when the request names no model: only with the user's settings can a conversation be made.</summary>
    public static bool NeedsModel(JObject request) =>
        request.Object("agent") is { } agent
        && agent.Text("kind") is "" or "Agent"
        && agent.Object("llm").Text("model").Length == 0;

    /// <param name="settings">V0's settings of the user; null when there are none.</param>
    /// <param name="secrets">V0's secrets of the user; null when there are none.</param>
    /// <returns>V0's refusal when something is missing; <see cref="BackendOutcome.Done"/> otherwise.</returns>
    public static BackendAnswer Fill(JObject request, BackendCreation wanted, JObject? settings, JObject? secrets)
    {
        if (NeedsModel(request) && SetModel(request, settings) is { Outcome: not BackendOutcome.Done } refusal)
        {
            return refusal;
        }

        if (settings.Flag("confirmation_mode") && !request.ContainsKey("confirmation_policy"))
        {
            request["confirmation_policy"] = new JObject { ["kind"] = "AlwaysConfirm" };
        }

        if (settings.Integer("max_iterations") is > 0 and var iterations && !request.ContainsKey("max_iterations"))
        {
            request["max_iterations"] = iterations;
        }

        if (wanted.Instructions is { Length: > 0 } instructions && request.Object("agent") is { } agent)
        {
            AddInstructions(agent, instructions);
        }

        AddSecrets(request, secrets);
        if (wanted.FirstMessage.Object("args") is { } message)
        {
            request["initial_message"] =
                new JObject { ["role"] = "user", ["content"] = ActionMapper.Content(message), ["run"] = true };
        }

        return BackendAnswer.Done;
    }

    private static BackendAnswer SetModel(JObject request, JObject? settings)
    {
        if (settings is null || settings.Text("llm_model").Trim() is not { Length: > 0 } model)
        {
            return s_noSettings;
        }

        var key = settings.Text("llm_api_key").Trim();
        if (key.Length == 0 && !s_keyless.Any(prefix => model.StartsWith(prefix, StringComparison.Ordinal)))
        {
            return s_noKey;
        }

        var agent = request.Object("agent")!; // NeedsModel has seen it.
        var llm = OwnObject(agent, "llm");
        llm["usage_id"] ??= "agent";
        llm["model"] = model;
        if (key.Length > 0)
        {
            llm["api_key"] = key;
        }

        if (settings.Text("llm_base_url").Trim() is { Length: > 0 } baseUrl)
        {
            llm["base_url"] = baseUrl;
        }

        return BackendAnswer.Done;
    }

    /// <summary>As with V0 the agent may use the user's own secrets, and the tokens of git providers under V0's names.</summary>
    private static void AddSecrets(JObject request, JObject? stored)
    {
        var custom = (stored.Object("custom_secrets")?.Properties() ?? [])
            .Select(static property => (property.Name, Value: property.Value.TextOrNull("secret") ?? property.Value.AsText()));
        var tokens = (stored.Object("provider_tokens")?.Properties() ?? [])
            .Select(static property => (
                Name: $"{property.Name.ToUpperInvariant()}_TOKEN", Value: property.Value.TextOrNull("token") ?? property.Value.AsText()));
        foreach (var (name, value) in custom.Concat(tokens))
        {
            if (value is { Length: > 0 } && request.Object("secrets").Member(name) is null)
            {
                OwnObject(request, "secrets")[name] = new JObject { ["kind"] = "StaticSecret", ["value"] = value };
            }
        }
    }

    /// <summary>The object of that name, made when there is none: what is written to it is in its parent.</summary>
    private static JObject OwnObject(JObject parent, string name)
    {
        if (parent.Object(name) is { } found)
        {
            return found;
        }

        var made = new JObject();
        parent[name] = made;
        return made;
    }

    private static void AddInstructions(JObject agent, string instructions)
    {
        var context = OwnObject(agent, "agent_context");
        var before = context.Text("system_message_suffix");
        context["system_message_suffix"] = before.Length == 0 ? instructions : $"{before}\n\n{instructions}";
    }
}
