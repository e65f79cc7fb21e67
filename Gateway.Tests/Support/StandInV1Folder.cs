using System.Collections.Concurrent;

using Gateway.Primitives.Json;

using Microsoft.AspNetCore.Http;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>
/// An agent-server that keeps its conversations in a folder, as V1 does: one that it is asked to make begins with the events that stand in
/// its folder already, and gets its state beside them, keys and all. Thread-safe; owned by one test.
/// </summary>
internal sealed class StandInV1Folder : IAsyncDisposable
{
    private const string Root = "/api/conversations";

    private readonly ConcurrentDictionary<Guid, List<JObject>> _logs = new();
    private readonly ConcurrentDictionary<Guid, string> _titles = new();
    private readonly TempStore _folder = TempStore.Empty();

    private StandInV1Folder(StandInV1Server server) => Server = server;

    public StandInV1Server Server { get; }

    /// <summary>Where it keeps them.</summary>
    public string Folder => _folder.Root;

    /// <summary>Events that it cannot read are left out of what it shows.</summary>
    public Func<JObject, bool> CanRead { get; set; } = static _ => true;

    /// <summary>The status for the request for a conversation with this number, from 0; null: it is made; 0: it is cut off.</summary>
    public Func<int, int?> CreationStatus { get; set; } = static _ => null;

    /// <summary>The title of conversations that nobody has named.</summary>
    public string? Title { get; set; } = "A title of V1's";

    /// <summary>The status for who names one; null: it is named.</summary>
    public int? NamingStatus { get; set; }

    public int Creations { get; private set; }

    public IReadOnlyList<JObject> LogOf(Guid id) => _logs[id];

    public string? TitleOf(Guid id) => _titles.GetValueOrDefault(id) ?? Title;

    public bool Knows(Guid id) => _logs.ContainsKey(id);

    public static async Task<StandInV1Folder> StartAsync(string? key = null, string version = "1.58.2")
    {
        var server = new StandInV1Server([], Guid.NewGuid().ToString("D")) { Key = key, Version = version };
        var standIn = new StandInV1Folder(server);
        server.Rest.Instead = standIn.TryHandleAsync;
        await server.StartAsync();
        return standIn;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Dispose();
    }

    private async Task<bool> TryHandleAsync(HttpContext context)
    {
        var (request, path) = (context.Request, context.Request.Path.Value ?? "");
        if (HttpMethods.IsPost(request.Method) && path == Root)
        {
            using var reader = new StreamReader(request.Body);
            await CreateAsync(context, JObject.Parse(await reader.ReadToEndAsync()));
            return true;
        }

        if (path == $"{Root}/search")
        {
            await StandInAnswer.WriteAsync(context, 200, new JObject { ["items"] = new JArray(_logs.Keys.Order().Select(Info)) });
            return true;
        }

        if (!path.StartsWith(Root + "/", StringComparison.Ordinal) || !Guid.TryParse(path[(Root.Length + 1)..].Split('/')[0], out var id))
        {
            return false;
        }

        if (!_logs.TryGetValue(id, out var log))
        {
            await StandInAnswer.WriteAsync(context, 404, new JObject { ["detail"] = "Not Found" });
        }
        else if (HttpMethods.IsDelete(request.Method))
        {
            _logs.TryRemove(id, out _);
            Directory.Delete(PathOf(id), recursive: true);
            await StandInAnswer.WriteAsync(context, 200, new JObject { ["success"] = true });
        }
        else if (HttpMethods.IsPatch(request.Method))
        {
            using var reader = new StreamReader(request.Body);
            var title = JObject.Parse(await reader.ReadToEndAsync()).Text("title");
            if (NamingStatus is null)
            {
                _titles[id] = title;
            }

            await StandInAnswer.WriteAsync(context, NamingStatus ?? 200, new JObject { ["success"] = NamingStatus is null });
        }
        else
        {
            await StandInAnswer.WriteAsync(context, 200, path.EndsWith("/events/search", StringComparison.Ordinal)
                ? StandInAnswer.Page(
                    log, sortsByTime: false, request.Query["page_id"],
                    int.Parse(request.Query["limit"]!, System.Globalization.CultureInfo.InvariantCulture))
                : Info(id));
        }

        return true;
    }

    private async Task CreateAsync(HttpContext context, JObject request)
    {
        if (CreationStatus(Creations++) is { } status)
        {
            if (status == 0)
            {
                Server.IsDown = true;
                context.Abort();
                return;
            }

            await StandInAnswer.WriteAsync(context, status, new JObject { ["detail"] = request.ToString() });
            return;
        }

        var id = Guid.Parse(request.Text("conversation_id"));
        var events = Path.Combine(PathOf(id), "events");
        Directory.CreateDirectory(events);
        _logs[id] =
        [
            .. Directory.EnumerateFiles(events).Order(StringComparer.Ordinal).Select(V1Recording.ReadObject).Where(CanRead),
        ];
        foreach (var name in new[] { "meta.json", "base_state.json" })
        {
            await File.WriteAllTextAsync(Path.Combine(PathOf(id), name), request.ToString());
        }

        await StandInAnswer.WriteAsync(context, 201, Info(id));
    }

    private JObject Info(Guid id) => new()
    {
        ["id"] = id.ToString("D"),
        ["title"] = TitleOf(id),
        ["created_at"] = "2026-11-21T09:41:33.879757Z",
        ["execution_status"] = "idle",
    };

    private string PathOf(Guid id) => Path.Combine(Folder, id.ToString("N"));
}
