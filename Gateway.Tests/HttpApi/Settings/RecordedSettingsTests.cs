using Gateway.Primitives.Json;
using Gateway.Tests.Support;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.HttpApi.Settings;

/// <summary>
/// What V0's web UI and scripts asked of a real server about settings, secrets and git providers, asked of this one over the same store:
/// statuses, bodies, and in the end the files. What differs on purpose is taken out first: fields that a body does not name are named with
/// what V0 sets them to, and keys of MCP servers are masked.
/// </summary>
public sealed class RecordedSettingsTests
{
    private const string Settings = "/api/settings";

    private static readonly string[] s_prefixes =
        [Settings, "/api/secrets", "/api/add-git-providers", "/api/unset-provider-tokens", "/api/reset-settings", "/api/user/"];

    [Theory]
    [InlineData("ui-first-run")]
    [InlineData("ui-settings")]
    [InlineData("ui-secrets")]
    [InlineData("ui-git-providers")]
    [InlineData("ui-git-token-stored")]
    [InlineData("rest-errors")]
    public async Task Play_RecordedSession_IsAnsweredAsV0Did(string name)
    {
        var recording = Recording.Named(name);
        using var store = recording.CopyStore();
        await using var host = await StartAsync(store);
        using var rest = new RestClient(host.Address);

        var entries = EntriesOf(recording);
        entries.Should().HaveCountGreaterThan(4);
        await PlayAsync(rest, entries);

        CompareFiles(store, recording);
    }

    /// <summary>The files that were put there by hand in the recording are put there by hand here.</summary>
    [Fact]
    public async Task Play_RestSettings_IsAnsweredAsV0Did()
    {
        var recording = Recording.Named("rest-settings");
        using var store = recording.CopyStore();
        await using var host = await StartAsync(store);
        host.Expect("settings or secrets cannot be read");
        host.Expect("could not be stored");
        using var rest = new RestClient(host.Address);
        var entries = EntriesOf(recording);
        var old = entries.FindIndex(static entry => entry.ResponseBody.Contains("gitlab.example.test", StringComparison.Ordinal));
        var damaged = entries.FindIndex(old, static entry => entry.Status == 500);

        await PlayAsync(rest, entries[..old]);
        (await File.ReadAllTextAsync(store.PathOf("secrets.json"))).Should().Be(
            """{"provider_tokens":{},"custom_secrets":{"":{"secret":"","description":""},"with space/slash":{"secret":"v","description":""},"A2":{"secret":"not-a-secret-1","description":""}}}""");

        var oldSettings = (JObject)WireJson.Parse(await File.ReadAllTextAsync(Path.Combine(recording.StoreAfter, "settings.json")));
        oldSettings["secrets_store"] = WireJson.Parse(
            """{"provider_tokens":{"gitlab":{"token":"not-a-real-token-2","host":"gitlab.example.test"}}}""");
        await File.WriteAllTextAsync(store.PathOf("settings.json"), oldSettings.ToString());

        // V0 loses the secrets with the first of these.
        await PlayAsync(rest, entries[old..damaged].Where(static entry => entry.Address.AbsolutePath != "/api/secrets"));
        ReadFile(store.PathOf("secrets.json"))["custom_secrets"].Should().HaveCount(3);

        await File.WriteAllTextAsync(store.PathOf("settings.json"), "{\"language\":");
        await PlayAsync(rest, entries[damaged..(damaged + 2)]);
        File.Copy(Path.Combine(recording.StoreAfter, "settings.json"), store.PathOf("settings.json"), overwrite: true);
        File.Copy(Path.Combine(recording.StoreAfter, "secrets.json"), store.PathOf("secrets.json"), overwrite: true);
        await PlayAsync(rest, entries[(damaged + 2)..]);
    }

    private static Task<GatewayHost> StartAsync(TempStore store) =>
        GatewayHost.StartAsync(store, "HttpApi:RateLimit=false", "GitHub:BaseUrl=http://github.invalid/");

    /// <summary>V0 answers a wrong method of GET, and a path that it does not know, with its page.</summary>
    private static List<RecordedEntry> EntriesOf(Recording recording) =>
    [
        .. from entry in recording.Entries()
           where !entry.IsWebSocket && entry.Status != 0
               && s_prefixes.Any(prefix => entry.Address.AbsolutePath.StartsWith(prefix, StringComparison.Ordinal))
               && entry.ResponseBody.Length > 0
           select entry,
    ];

    private static async Task PlayAsync(RestClient rest, IEnumerable<RecordedEntry> entries)
    {
        foreach (var entry in entries)
        {
            await PlayAsync(rest, entry);
        }
    }

    private static async Task PlayAsync(RestClient rest, RecordedEntry entry)
    {
        var body = entry.Method == "GET" || entry.RequestBody.Length == 0 ? null : entry.RequestBody;
        var answer = await rest.SendAsync(entry.Method, entry.Address.PathAndQuery, Whole(entry, body));

        var what = $"{entry.Method} {entry.Address.PathAndQuery} {body}";
        ((int)answer.Status).Should().Be(entry.Status, what);
        Normal(answer.Body).Should().Be(Normal(entry.ResponseBody), what);
    }

    /// <summary>A body that names what V0 would set to its default.</summary>
    private static string? Whole(RecordedEntry entry, string? body)
    {
        if (entry.Address.AbsolutePath != Settings || entry.Status != 200 || body is null || WireJson.TryParse(body) is not JObject fields)
        {
            return body;
        }

        var whole = (JObject)WireJson.Parse(
            """{"language":null,"agent":null,"max_iterations":null,"security_analyzer":null,"confirmation_mode":null,"remote_runtime_resource_factor":null,"enable_default_condenser":true,"enable_sound_notifications":false,"enable_proactive_conversation_starters":true,"enable_solvability_analysis":true,"sandbox_base_container_image":null,"sandbox_runtime_container_image":null,"mcp_config":null,"sandbox_api_key":null,"max_budget_per_task":null,"condenser_max_size":null,"email":null,"email_verified":null,"git_user_name":null,"git_user_email":null}""");
        foreach (var field in fields.Properties())
        {
            whole[field.Name] = field.Value;
        }

        return whole.ToString(Formatting.None);
    }

    private static string Normal(string body)
    {
        if (WireJson.TryParse(body) is not { } json)
        {
            return body;
        }

        (json as JObject)?.Remove("v1_enabled");
        foreach (var server in json.Object("mcp_config").Objects("sse_servers"))
        {
            server["api_key"] = server.TextOrNull("api_key") is null ? null : "**********";
        }

        if ((json as JArray)?.Count == 0 || (json as JObject)?["branches"] is JArray { Count: 0 })
        {
            // Branches without a page are a list for web UIs before 0.55.
            return "[]";
        }

        return json.ToString(Formatting.None);
    }

    private static void CompareFiles(TempStore store, Recording recording)
    {
        foreach (var name in (string[])["settings.json", "secrets.json"])
        {
            var expected = ReadFile(Path.Combine(recording.StoreAfter, name));
            ReadFile(store.PathOf(name)).ToString(Formatting.None).Should().Be(expected.ToString(Formatting.None));
        }
    }

    private static JObject ReadFile(string path) => File.Exists(path) ? (JObject)WireJson.Parse(File.ReadAllText(path)) : [];
}
