using Gateway.Conversations.Events;
using Gateway.HttpApi.Conventions;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Settings;

/// <summary>
/// V0's settings: names, order, types and defaults, for what is posted and for what is stored. Pure. Source: PROTOCOL.md, "V0 settings".
/// </summary>
internal static class SettingsSchema
{
    public const string SecretsStore = "secrets_store";

    private static readonly Field[] s_fields =
    [
        new("language", Text),
        new("agent", Text),
        new("max_iterations", Integer),
        new("security_analyzer", Text),
        new("confirmation_mode", Boolean),
        new("llm_model", Text),
        new("llm_api_key", Secret),
        new("llm_base_url", Text),
        new("remote_runtime_resource_factor", Integer),
        new(SecretsStore, MovedSecrets) { Default = static () => new JObject { ["provider_tokens"] = new JObject() } },
        new("enable_default_condenser", Switch) { Default = static () => true },
        new("enable_sound_notifications", Switch) { Default = static () => false },
        new("enable_proactive_conversation_starters", Switch) { Default = static () => true },
        new("enable_solvability_analysis", Switch) { Default = static () => true },
        new("user_consents_to_analytics", Boolean),
        new("sandbox_base_container_image", Text),
        new("sandbox_runtime_container_image", Text),
        new("mcp_config", McpConfig.Read),
        new("search_api_key", Secret),
        new("sandbox_api_key", Secret),
        new("max_budget_per_task", Number),
        new("condenser_max_size", CondenserSize),
        new("email", Text),
        new("email_verified", Boolean),
        new("git_user_name", Text),
        new("git_user_email", Text),
    ];

    private static readonly HashSet<string> s_names = [.. s_fields.Select(static field => field.Name)];

    /// <summary>The fields that <paramref name="body"/> names, as V0 takes them; what it does not take is in the body's errors.</summary>
    public static JObject Read(RequestFields body)
    {
        var read = new JObject();
        foreach (var field in s_fields)
        {
            if (body.Json.ContainsKey(field.Name))
            {
                read[field.Name] = field.Read(body, field.Name);
            }
        }

        return read;
    }

    /// <summary>All of V0's fields, in its order: those given, and the defaults of the others.</summary>
    public static JObject Complete(JObject given)
    {
        var complete = new JObject();
        foreach (var field in s_fields)
        {
            complete[field.Name] = given[field.Name]?.DeepClone() ?? field.Default();
        }

        return complete;
    }

    /// <summary>
    /// What is to be stored when <paramref name="named"/> fields change: all of V0's fields, then those of a newer version or of somebody
    /// else, as they stand in <paramref name="stored"/>.
    /// </summary>
    /// <exception cref="InvalidDataException">V0 could not read what is stored.</exception>
    public static JObject Merge(JObject? stored, JObject named)
    {
        if (stored is null)
        {
            return Complete(named);
        }

        var understood = Understand(stored);
        var merged = (JObject)understood.Json.DeepClone();
        foreach (var field in named.Properties())
        {
            merged[field.Name] = field.Value.DeepClone();
        }

        if (understood.LegacySecrets is { } secrets)
        {
            // Until they have been moved.
            merged[SecretsStore] = secrets.DeepClone();
        }

        foreach (var other in stored.Properties().Where(static property => !s_names.Contains(property.Name)))
        {
            merged[other.Name] = other.Value.DeepClone();
        }

        return merged;
    }

    /// <summary>What V0 makes of stored settings. Those that it could not read throw <see cref="InvalidDataException"/>.</summary>
    public static StoredSettings Understand(JObject stored)
    {
        var errors = new RequestErrors();
        try
        {
            var known = Read(new RequestFields(stored, errors));
            return errors.Any
                ? throw new InvalidDataException("The user's settings have a field of the wrong type.")
                : new StoredSettings(Complete(known), StoredSecrets.LegacyOf(stored));
        }
        catch (McpConfigException exception)
        {
            throw new InvalidDataException("The MCP servers in the user's settings cannot be read.", exception);
        }
    }

    private static JToken Text(RequestFields body, string name) => Value(body.OptionalText(name));

    private static JToken Integer(RequestFields body, string name) => Value(body.OptionalInteger(name));

    private static JToken Boolean(RequestFields body, string name) => Value(body.OptionalBoolean(name));

    private static JToken Number(RequestFields body, string name) => Value(body.OptionalNumber(name));

    /// <summary>V0 keeps a blank key as none. A fault repeats what was sent, but no key that is hidden in a list or an object.</summary>
    private static JToken Secret(RequestFields body, string name)
    {
        if (body.Json[name] is JContainer container)
        {
            foreach (var text in container.Descendants().OfType<JValue>().Where(static value => value.Type == JTokenType.String))
            {
                text.Value = KeyMask.Text;
            }
        }

        return body.OptionalText(name) is { } key && !string.IsNullOrWhiteSpace(key) ? key : JValue.CreateNull();
    }

    /// <summary>On or off, and never null.</summary>
    private static JToken Switch(RequestFields body, string name) => body.RequiredBoolean(name);

    /// <summary>Secrets have a document of their own: here nothing is kept.</summary>
    private static JObject MovedSecrets(RequestFields body, string name)
    {
        if (body.Json[name] is not JObject)
        {
            body.Errors.Rule(body.LocationOf(name), "Secrets must be initialized with a dictionary", body.Json[name]);
        }

        return new JObject { ["provider_tokens"] = new JObject() };
    }

    private static JToken CondenserSize(RequestFields body, string name)
    {
        var size = body.OptionalInteger(name);
        if (size < 20)
        {
            body.Errors.Rule(body.LocationOf(name), "condenser_max_size must be at least 20", body.Json[name]);
        }

        return Value(size);
    }

    private static JToken Value(string? text) => text is null ? JValue.CreateNull() : text;

    private static JToken Value(long? number) => number is { } value ? value : JValue.CreateNull();

    // As V0 writes it: a whole number too has its point.
    private static JToken Value(double? number) => number is { } value ? new JRaw(PythonText.Number(value)) : JValue.CreateNull();

    private static JToken Value(bool? truth) => truth is { } value ? value : JValue.CreateNull();

    /// <param name="Read">The field's value as V0 takes it.</param>
    private sealed record Field(string Name, Func<RequestFields, string, JToken> Read)
    {
        public Func<JToken> Default { get; init; } = static () => JValue.CreateNull();
    }
}
