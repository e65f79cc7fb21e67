using System.Net.Http.Headers;
using System.Text;

using Gateway.Primitives.Json;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Drift;

/// <summary>V1's REST routes as far as a row needs them. Every call has a limit. Any thread; owned by one run.</summary>
internal sealed class DriftServer : IDisposable
{
    private const string KeyHeader = "X-Session-API-Key";
    private const int LongestDetail = 300;

    /// <summary>The agent's tools, by their names of today and of 1.1.</summary>
    private static readonly string[][] s_tools =
        [["terminal", "TerminalTool", "BashTool"], ["file_editor", "FileEditorTool"], ["task_tracker", "TaskTrackerTool"]];

    private readonly HttpClient _http;

    public DriftServer(Uri address, string? key, TimeSpan limit)
    {
        _http = new HttpClient { BaseAddress = new Uri(address.AbsoluteUri.TrimEnd('/') + "/"), Timeout = limit };
        if (key is not null)
        {
            _http.DefaultRequestHeaders.TryAddWithoutValidation(KeyHeader, key);
        }
    }

    /// <summary>Its version; a question mark where it names none.</summary>
    public async Task<string> GetVersionAsync(CancellationToken cancellationToken) =>
        (await SendAsync(HttpMethod.Get, "server_info", null, cancellationToken)).TextOrNull("version") ?? "?";

    /// <summary>Makes a conversation whose agent asks the model at <paramref name="model"/>.</summary>
    public async Task CreateAsync(Guid id, Uri model, string folder, string confirmationPolicy, CancellationToken cancellationToken) =>
        await SendAsync(HttpMethod.Post, "api/conversations", new JObject
        {
            ["conversation_id"] = id.ToString("D"),
            ["agent"] = new JObject
            {
                ["kind"] = "Agent",
                ["llm"] = new JObject
                {
                    ["usage_id"] = "agent",
                    ["model"] = "openai/gpt-4o",
                    ["api_key"] = "sk-script",
                    ["base_url"] = model.ToString(),
                    ["num_retries"] = 1,
                    ["retry_min_wait"] = 1,
                    ["retry_max_wait"] = 2,
                },
                ["tools"] = new JArray((await ToolNamesAsync(cancellationToken)).Select(static name => new JObject { ["name"] = name })),
            },
            ["workspace"] = new JObject { ["kind"] = "LocalWorkspace", ["working_dir"] = folder },
            ["confirmation_policy"] = new JObject { ["kind"] = confirmationPolicy },
        }, cancellationToken);

    public Task DeleteAsync(Guid id, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Delete, $"api/conversations/{id:D}", null, cancellationToken);

    public void Dispose() => _http.Dispose();

    private async Task<IEnumerable<string>> ToolNamesAsync(CancellationToken cancellationToken)
    {
        using var answer = await _http.GetAsync("api/tools/", cancellationToken);
        var known = answer.IsSuccessStatusCode && JsonTree.TryRead(await answer.Content.ReadAsStringAsync(cancellationToken), out var json)
            ? [.. json.Select(JsonAccess.AsText).OfType<string>()]
            : (string[])[];
        return s_tools.Select(names => names.FirstOrDefault(known.Contains) ?? names[0]);
    }

    private async Task<JToken> SendAsync(HttpMethod method, string path, JObject? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(
                body.ToString(Formatting.None), Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        }

        using var answer = await _http.SendAsync(request, cancellationToken);
        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            throw new DriftException($"{method} /{path}: {(int)answer.StatusCode} {text[..Math.Min(text.Length, LongestDetail)]}");
        }

        return JsonTree.TryRead(text, out var json) ? json : JValue.CreateNull();
    }
}
