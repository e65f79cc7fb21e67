namespace Gateway.Hosting;

/// <summary>
/// V0's own environment names, and the short names of a few settings, so that a V0 deployment's environment can be kept. A
/// sectioned name that is set as well wins.
/// </summary>
internal static class V0Settings
{
    private static readonly (string Name, string Key)[] s_names =
    [
        ("SESSION_API_KEY", "Conversations:SessionApiKey"),
        ("FILE_STORE_PATH", "Storage:Root"),
        ("CLIENT_WAIT_TIMEOUT", "Conversations:ClientWaitTimeoutSeconds"),
        ("MAX_CONCURRENT_CONVERSATIONS", "Conversations:MaxConcurrentConversations"),
        ("CreateUnknown", "Conversations:CreateUnknown"),
        ("AgentStateLast", "Conversations:AgentStateLast"),
        ("CloseDelay", "Conversations:CloseDelay"),
        ("Durability", "Storage:Durability"),
    ];

    private const string OriginsName = "PERMITTED_CORS_ORIGINS";
    private const string OriginsKey = "Engine:AllowedOrigins";

    public static void AddV0Settings(this ConfigurationManager configuration)
    {
        var settings = new Dictionary<string, string?>();
        foreach (var (name, key) in s_names)
        {
            if (configuration[name] is { Length: > 0 } value && configuration[key] is null)
            {
                settings[key] = value;
            }
        }

        if (configuration[OriginsName] is { Length: > 0 } origins && !configuration.GetSection(OriginsKey).Exists())
        {
            var list = origins.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            for (var i = 0; i < list.Length; i++)
            {
                settings[$"{OriginsKey}:{i}"] = list[i];
            }
        }

        configuration.AddInMemoryCollection(settings);
    }
}
