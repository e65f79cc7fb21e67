using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

using Gateway.Primitives.Json;

using Microsoft.AspNetCore.Http;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>
/// The REST side of a stand-in V1 server: conversations as a whole, and the one whose log is played. The workspace's routes are
/// <see cref="StandInV1Workspace"/>'s. Thread-safe; owned by its server.
/// </summary>
internal sealed class StandInV1Rest
{
    private const string Root = "/api/conversations";

    private static readonly JObject s_commandOutput = new() { ["stdout"] = "out\n", ["stderr"] = "", ["exit_code"] = 0 };

    private readonly StandInV1Server _server;
    private readonly ConcurrentDictionary<Guid, JObject> _conversations = new();
    private readonly ConcurrentQueue<string> _calls = new();
    private readonly ConcurrentQueue<string> _requests = new();

    public StandInV1Rest(StandInV1Server server)
    {
        _server = server;
        Workspace = new StandInV1Workspace(() => !_server.HasSessionSocket);
        Add(server.ConversationId, null, DateTimeOffset.UtcNow);
    }

    public StandInV1Workspace Workspace { get; }

    public IReadOnlyCollection<string> Calls => _calls;

    /// <summary>Every request so far: method, path and query, as they came.</summary>
    public IReadOnlyCollection<string> Requests => _requests;

    /// <summary>What <c>/api/llm/models</c> names; null: a server without that route.</summary>
    public JArray? Models { get; set; }

    /// <summary>The answer to a request for a conversation, as a status and its detail; null: it is made.</summary>
    public (int Status, string Detail)? RefusesToCreate { get; set; }

    /// <summary>The conversation is archived: nothing of it is served.</summary>
    public bool IsArchived { get; set; }

    /// <summary>What is said of the conversation's container; null: it has none.</summary>
    public string? RuntimeStatus { get; set; }

    /// <summary>Answers a request in the place of everything else, when it says true.</summary>
    public Func<HttpContext, Task<bool>>? Instead { get; set; }

    /// <summary>The body of the newest request for a conversation.</summary>
    public JObject? LastCreation { get; private set; }

    public bool Knows(Guid id) => !_server.IsUnknown && _conversations.ContainsKey(id);

    /// <summary>A conversation that was begun elsewhere.</summary>
    public Guid Add(Guid id, string? title, DateTimeOffset createdAt, string folder = "/workspace/project")
    {
        var written = Written(createdAt);
        _conversations[id] = new JObject
        {
            ["id"] = id.ToString("D"),
            ["workspace"] = new JObject { ["working_dir"] = folder, ["kind"] = "LocalWorkspace" },
            ["max_iterations"] = 500,
            ["title"] = title,
            ["created_at"] = written,
            ["updated_at"] = written,
        };
        return id;
    }

    public string? TitleOf(Guid id) => _conversations.TryGetValue(id, out var info) ? info.TextOrNull("title") : null;

    /// <summary>As the server does it by itself after a first message.</summary>
    public void SetTitle(Guid id, string title) => Change(id, "title", title);

    public void SetFolder(Guid id, string folder) => Change(id, "workspace", new JObject { ["working_dir"] = folder });

    public void Forget(Guid id) => _conversations.TryRemove(id, out _);

    public JObject Info(Guid id)
    {
        var info = (JObject)_conversations.GetValueOrDefault(id, []).DeepClone();
        if (!_server.HasSessionSocket)
        {
            // 1.1 makes no titles.
            info.Remove("title");
        }

        if (DateTimeOffset.TryParse(info.Text("created_at"), CultureInfo.InvariantCulture, out var created))
        {
            info["updated_at"] = Written(created.AddMilliseconds(_server.Shown));
        }

        info["execution_status"] = _server.Status;
        info["runtime_info"] = RuntimeStatus is { } runtime ? new JObject { ["runtime_status"] = runtime } : null;
        info["confirmation_policy"] = new JObject { ["kind"] = _server.ConfirmationPolicy };
        _server.Tell(info);
        return info;
    }

    public async Task HandleAsync(HttpContext context, string path)
    {
        var request = context.Request;
        _requests.Enqueue($"{request.Method} {context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget}");
        if (Instead is { } instead && await instead(context))
        {
            return;
        }

        if (await Workspace.TryHandleAsync(context, path))
        {
            return;
        }

        var body = "";
        var id = IdIn(path);
        var root = $"{Root}/{id:D}";
        if (HttpMethods.IsPost(request.Method))
        {
            using var reader = new StreamReader(request.Body, Encoding.UTF8);
            body = await reader.ReadToEndAsync();
            _calls.Enqueue($"{path} {body}".Replace(root, "", StringComparison.Ordinal).TrimEnd());
        }

        await (request.Method switch
        {
            "GET" when path == $"{Root}/search" => StandInAnswer.WriteAsync(context, 200, Search(request.Query)),
            "GET" when path == "/api/llm/models" && Models is not null =>
                StandInAnswer.WriteAsync(context, 200, new JObject { ["models"] = Models }),
            "GET" when path == "/api/llm/models/verified" && Models is not null =>
                StandInAnswer.WriteAsync(context, 200, JObject.Parse("""{"models":{"openhands":["own-model"],"x":["y"]}}""")),
            "GET" when IsArchived && path.StartsWith(root, StringComparison.Ordinal) =>
                StandInAnswer.WriteAsync(context, 409, Detail("Conversation is archived")),
            "GET" when Knows(id) && path == root => StandInAnswer.WriteAsync(context, 200, Info(id)),
            "GET" when Knows(id) && path == $"{root}/events/search" => StandInAnswer.WriteAsync(context, 200,
                _server.Page(request.Query["page_id"], int.Parse(request.Query["limit"]!, CultureInfo.InvariantCulture),
                    newestFirst: request.Query["sort_order"] == "TIMESTAMP_DESC")),
            "PATCH" when path == root => RenameAsync(context, id),
            "DELETE" when path == root => DeleteAsync(context, id),
            "POST" => HandlePostAsync(context, path, root, id, body),
            _ => StandInAnswer.WriteAsync(context, 404, Detail("Not Found")),
        });
    }

    private static string Written(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture);

    private static JObject Detail(string text) => new() { ["detail"] = text };

    private static Guid IdIn(string path) =>
        path.StartsWith(Root + "/", StringComparison.Ordinal) && Guid.TryParse(path[(Root.Length + 1)..].Split('/')[0], out var id)
            ? id
            : Guid.Empty;

    private void Change(Guid id, string name, JToken value) => _conversations.AddOrUpdate(id, _ => [], (_, info) =>
    {
        var changed = (JObject)info.DeepClone();
        changed[name] = value;
        return changed;
    });

    private JObject Search(IQueryCollection query)
    {
        var newest = _conversations.Values
            .OrderByDescending(static info => info.Text("created_at"), StringComparer.Ordinal)
            .Where(_ => !_server.IsUnknown)
            .ToList();
        var limit = int.Parse(query["limit"]!, CultureInfo.InvariantCulture);
        var first = Math.Max(0, newest.FindIndex(info => info.Text("id") == query["page_id"]));
        var items = newest.Skip(first).Take(limit).ToList();
        return new JObject
        {
            ["items"] = new JArray(items.Select(info => Info(Guid.Parse(info.Text("id"))))),
            ["next_page_id"] = newest.ElementAtOrDefault(first + items.Count)?.Text("id"),
        };
    }

    private async Task RenameAsync(HttpContext context, Guid id)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        _ = JsonTree.TryReadObject(await reader.ReadToEndAsync(), out var change);
        var isKnown = Knows(id);
        if (isKnown)
        {
            SetTitle(id, change.Text("title"));
        }

        // 1.57 and before answer 200 for a conversation that they do not know.
        await StandInAnswer.WriteAsync(context, isKnown || !IsNewest ? 200 : 404,
            isKnown || !IsNewest ? new JObject { ["success"] = isKnown } : Detail("Not Found"));
    }

    private async Task DeleteAsync(HttpContext context, Guid id)
    {
        var wasThere = Knows(id) && _conversations.TryRemove(id, out _);
        await StandInAnswer.WriteAsync(context, wasThere ? 200 : IsNewest ? 404 : 400,
            wasThere ? new JObject { ["success"] = true } : Detail(IsNewest ? "Not Found" : "Bad Request"));
    }

    private bool IsNewest => Version.Parse(_server.Version) >= new Version(1, 58);

    private async Task HandlePostAsync(HttpContext context, string path, string root, Guid id, string body)
    {
        if (path == Root)
        {
            await CreateAsync(context, body);
        }
        else if (_server.Agent is { } agent && (Knows(id) || id == Guid.Empty) && await agent.TryHandleAsync(context, path, root, body))
        {
            // Done as the real server does it.
        }
        else if (Answer(path, root, id) is { } answer)
        {
            await StandInAnswer.WriteAsync(context, answer.Status, answer.Body);
        }
        else
        {
            await StandInAnswer.WriteAsync(context, 200, new JObject { ["success"] = true }, charset: "no-such-set");
            _server.ShowNextPart();
        }
    }

    private async Task CreateAsync(HttpContext context, string body)
    {
        _ = JsonTree.TryReadObject(body, out var wanted);
        LastCreation = wanted;
        if (RefusesToCreate is { } refusal)
        {
            await StandInAnswer.WriteAsync(context, refusal.Status, Detail(refusal.Detail));
            return;
        }

        var id = Guid.TryParse(wanted.Text("conversation_id"), out var given) ? given : Guid.NewGuid();
        var isNew = !Knows(id);
        _server.IsUnknown = false;
        if (isNew)
        {
            Add(id, null, DateTimeOffset.UtcNow, wanted.Object("workspace").Text("working_dir"));
        }

        await StandInAnswer.WriteAsync(context, isNew ? 201 : 200, Info(id));
        if (wanted["initial_message"] is JObject)
        {
            _server.ShowNextPart();
        }
    }

    private (int Status, JObject Body)? Answer(string path, string root, Guid id) => path switch
    {
        "/api/bash/execute_bash_command" => (200, s_commandOutput),
        _ when _server.RefusesWithKey => (500, Detail($"ValueError: not with {_server.Key}")),
        _ when !Knows(id) || (path == $"{root}/interrupt" && !_server.HasSessionSocket) => (404, Detail("Not Found")),
        _ when path == $"{root}/bash/execute_bash_command" && _server.HasSessionSocket => (200, s_commandOutput),
        _ when path == $"{root}/bash/execute_bash_command" => (404, Detail("Not Found")),
        _ when path == $"{root}/run" && _server.Status == "running" => (409, Detail("Conversation already running.")),
        _ => null,
    };
}
