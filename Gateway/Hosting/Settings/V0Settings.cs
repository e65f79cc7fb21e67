namespace Gateway.Hosting.Settings;

/// <summary>
/// V0's own environment names, and the short names of a few settings, so that a V0 deployment's environment can be kept. A
/// sectioned name that is set as well wins.
/// </summary>
internal static class V0Settings
{
    private static readonly (string Name, string Key)[] s_names =
    [
        ("SESSION_API_KEY", "Access:SessionApiKey"),
        ("FILE_STORE_PATH", "Storage:Root"),
        ("DATABASE_URL", "Storage:Postgres:ConnectionString"),
        ("WORKSPACE_BASE", "Workspace:Root"),
        ("WORKSPACE_MOUNT_PATH_IN_SANDBOX", "Workspace:MountPath"),
        ("CLIENT_WAIT_TIMEOUT", "Conversations:ClientWaitTimeoutSeconds"),
        ("MAX_CONCURRENT_CONVERSATIONS", "Conversations:MaxConcurrentConversations"),
        ("CreateUnknown", "Conversations:CreateUnknown"),
        ("AgentStateLast", "Conversations:AgentStateLast"),
        ("CloseDelay", "Conversations:CloseDelay"),
        ("Durability", "Storage:Durability"),
    ];

    private const string OriginsName = "PERMITTED_CORS_ORIGINS";
    private const string ServeFrontendName = "SERVE_FRONTEND";
    private const string WebRootKey = "Web:Root";
    private const string V0WebRoot = "./frontend/build";

    // V0's list was for its REST alone, and its socket let every page in; here it holds for both.
    private static readonly string[] s_originsKeys = ["Engine:AllowedOrigins", "HttpApi:AllowedOrigins"];

    /// <summary>Every such name.</summary>
    public static IEnumerable<string> Names => s_names.Select(static pair => pair.Name).Concat([OriginsName, ServeFrontendName]);

    /// <summary>The short or V0's name of a setting; null when it has none.</summary>
    public static string? ShortNameOf(string key) =>
        s_originsKeys.Contains(key) ? OriginsName : key == WebRootKey ? ServeFrontendName
        : s_names.Where(pair => pair.Key == key).Select(static pair => pair.Name).FirstOrDefault();

    /// <summary>The name by which an operator has set <paramref name="key"/>, where it is one of these.</summary>
    public static string? NameOf(string key, IConfiguration configuration) =>
        Array.Exists(s_originsKeys, origins => key.StartsWith(origins, StringComparison.OrdinalIgnoreCase))
            ? (string.IsNullOrEmpty(configuration[OriginsName]) ? null : OriginsName)
        : s_names.Where(pair => pair.Key == key && configuration[pair.Name] is { Length: > 0 } value && value == configuration[key])
            .Select(static pair => pair.Name).FirstOrDefault();

    /// <summary>Names both, so that an operator who knows only V0's finds it.</summary>
    public static string Explain(string failure, IConfiguration configuration)
    {
        foreach (var key in s_names.Select(static pair => pair.Key).Concat(s_originsKeys))
        {
            if (failure.Contains(key, StringComparison.Ordinal) && NameOf(key, configuration) is { } name)
            {
                return failure.Replace(key, $"{name} ({key})", StringComparison.Ordinal);
            }
        }

        return failure;
    }

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

        AddOrigins(configuration, settings);
        AddWebRoot(configuration, settings);
        configuration.AddInMemoryCollection(settings);
    }

    private static void AddOrigins(ConfigurationManager configuration, Dictionary<string, string?> settings)
    {
        if (configuration[OriginsName] is not { Length: > 0 } origins)
        {
            return;
        }

        var list = origins.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (var key in s_originsKeys.Where(key => !configuration.GetSection(key).Exists()))
        {
            for (var i = 0; i < list.Length; i++)
            {
                settings[$"{key}:{i}"] = list[i];
            }
        }
    }

    /// <summary>V0 serves its built web UI from the working directory, unless it is told not to.</summary>
    private static void AddWebRoot(ConfigurationManager configuration, Dictionary<string, string?> settings)
    {
        if (configuration[WebRootKey] is not null)
        {
            return;
        }

        var isAsked = string.Equals(configuration[ServeFrontendName], "true", StringComparison.OrdinalIgnoreCase);
        var isLeftOpen = string.IsNullOrEmpty(configuration[ServeFrontendName]);
        if (isAsked || (isLeftOpen && File.Exists(Path.Join(V0WebRoot, "index.html"))))
        {
            settings[WebRootKey] = V0WebRoot;
        }
    }
}
