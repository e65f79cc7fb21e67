using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;

using Gateway.Tests.Support;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.HttpApi.Conversations;

/// <summary>
/// Plays what a recording asked of the routes of conversations against a gateway over the recorded store, at the recorded time, and notes
/// where the answers differ. Sockets are not played, so their number and what an agent made of a conversation are not compared. One test
/// owns it.
/// </summary>
internal sealed partial class ConversationReplay
{
    private readonly Recording _recording;
    private readonly IReadOnlyList<RecordedEntry> _entries;
    private readonly TempStore _store;
    private readonly Dictionary<string, string> _ids = [];
    private readonly HashSet<string> _alive = [];
    private readonly HashSet<string> _tied;
    private readonly Queue<(DateTimeOffset At, string? Metadata)> _damages = new();
    private readonly bool _isWrittenTo;

    private ConversationReplay(Recording recording, TempStore store)
    {
        _recording = recording;
        _store = store;
        _entries = [.. recording.Entries().Where(IsPlayed)];
        foreach (var id in store.Conversations())
        {
            (_ids[id], _) = (id, _alive.Add(id));
        }

        _tied = [.. store.Conversations().Select(CreatedAt).GroupBy(static time => time).Where(static same => same.Count() > 1)
            .Select(static same => same.Key)];
        _isWrittenTo = recording.Entries().Any(static entry =>
            entry.IsWebSocket || entry.Address.AbsolutePath.EndsWith("/message", StringComparison.Ordinal));
        var notes = recording.Notes();
        var steps = (notes["steps"] as JArray ?? []).Where(static step => ((string?)step["what"])?.StartsWith("in the store now") == true);
        foreach (var (step, damage) in steps.Zip(notes["damage"] as JArray ?? []))
        {
            _damages.Enqueue((DateTimeOffset.Parse((string)step["at"]!), (string?)damage["metadata"]));
        }
    }

    public List<string> Differences { get; } = [];

    public int Played { get; private set; }

    public static async Task<ConversationReplay> RunAsync(string name)
    {
        var recording = Recording.Named(name);
        using var store = recording.CopyStore();
        var replay = new ConversationReplay(recording, store);
        var notes = recording.Notes();
        string[] key = (string?)notes["key"] is { } text ? [$"SESSION_API_KEY={text}"] : [];
        var clock = new ShiftedTimeProvider(replay._entries.Min(static entry => entry.StartedAt));
        await using var host = await GatewayHost.StartAsync(store, clock, ["HttpApi:RateLimit=false", .. key]);
        using var http = new HttpClient { BaseAddress = host.Address, Timeout = TestLimits.Step };
        await replay.PlayAsync(http);
        return replay;
    }

    private static bool IsPlayed(RecordedEntry entry) =>
        !entry.IsWebSocket
        && entry.Status > 0
        && (IsOfConversations(entry) || entry is { Method: "POST", Address.AbsolutePath: "/api/settings" })
        && !entry.ResponseHeaders.GetValueOrDefault("content-type", "").StartsWith("text/html", StringComparison.Ordinal);

    private static bool IsOfConversations(RecordedEntry entry) => Routes().IsMatch(entry.Address.AbsolutePath);

    [GeneratedRegex("^/api/(conversations(/[^/]*(/start|/stop)?)?|microagent-management/conversations)$")]
    private static partial Regex Routes();

    [GeneratedRegex("^/api/conversations/([^/]+)")]
    private static partial Regex IdInPath();

    private string CreatedAt(string id)
    {
        var file = _store.PathOf("sessions", id, "metadata.json");
        return File.Exists(file) && WireJson.TryParse(File.ReadAllText(file)) is JObject json ? (string?)json["created_at"] ?? "" : "";
    }

    private async Task PlayAsync(HttpClient http)
    {
        foreach (var id in RunningFromTheBeginning())
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/conversations/{id}/start");
            request.Headers.Add("X-Session-API-Key", (string?)_recording.Notes()["key"] ?? "none");
            using var started = await http.SendAsync(request);
        }

        foreach (var entry in _entries)
        {
            Damage(entry.StartedAt);
            using var request = RequestOf(entry);
            using var response = await http.SendAsync(request);
            var body = await response.Content.ReadAsStringAsync();
            if (IsOfConversations(entry))
            {
                Learn(entry, body);
                Compare(entry, response, body);
                Played++;
            }
        }
    }

    /// <summary>Conversations that V0 had open before the recording began.</summary>
    private IEnumerable<string> RunningFromTheBeginning() => _store.Conversations().Where(id => _entries
        .SelectMany(static entry => (WireJson.TryParse(entry.ResponseBody) as JContainer)?.DescendantsAndSelf().OfType<JObject>() ?? [])
        .Where(json => (string?)json["conversation_id"] == id && (json["status"] ?? "ok").ToString() is not "error")
        .Take(1)
        .Any(static json => (json["conversation_status"] ?? json["status"])?.ToString() == "RUNNING"));

    private void Damage(DateTimeOffset now)
    {
        while (_damages.TryPeek(out var damage) && damage.At <= now)
        {
            _damages.Dequeue();
            var folder = Directory.CreateDirectory(_store.PathOf("sessions", "0000000000000000000000000000ee01")).FullName;
            var file = Path.Combine(folder, "metadata.json");
            File.Delete(file);
            if (damage.Metadata is { } text)
            {
                File.WriteAllText(file, text);
            }

            _ids["0000000000000000000000000000ee01"] = "0000000000000000000000000000ee01";
            _alive.Add("0000000000000000000000000000ee01");
        }
    }

    private HttpRequestMessage RequestOf(RecordedEntry entry)
    {
        var path = entry.Address.PathAndQuery;
        if (IdInPath().Match(path) is { Success: true } match && _ids.TryGetValue(match.Groups[1].Value, out var id))
        {
            path = path.Replace(match.Groups[1].Value, id, StringComparison.Ordinal);
        }

        var request = new HttpRequestMessage(new HttpMethod(entry.Method), new Uri(path, UriKind.Relative));
        if (entry.HasRequestBody)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(entry.RequestBody));
            if (entry.RequestHeaders.TryGetValue("content-type", out var type))
            {
                request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
            }
        }

        foreach (var name in new[] { "x-session-api-key", "authorization", "cookie" })
        {
            if (entry.RequestHeaders.TryGetValue(name, out var value))
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return request;
    }

    private void Learn(RecordedEntry entry, string body)
    {
        if (entry is { Method: "POST", Address.AbsolutePath: "/api/conversations", Status: 200 }
            && (string?)(WireJson.TryParse(entry.ResponseBody) as JObject)?["conversation_id"] is { } recorded
            && (string?)(WireJson.TryParse(body) as JObject)?["conversation_id"] is { } ours)
        {
            _ids[recorded] = ours;
            _alive.Add(recorded);
        }
    }

    private void Compare(RecordedEntry entry, HttpResponseMessage response, string body)
    {
        var expected = Normalized(entry.ResponseBody, recorded: true);
        var actual = Normalized(body, recorded: false);
        var what = $"{_recording.Name}: {entry.Method} {entry.Address.PathAndQuery} {entry.RequestBody}";
        if (IntendedDifferences.Explain(entry, (int)response.StatusCode, body))
        {
            return;
        }

        if ((int)response.StatusCode != entry.Status || expected != actual)
        {
            Differences.Add($"{what}\n  V0   {entry.Status} {expected}\n  ours {(int)response.StatusCode} {actual}");
        }

        foreach (var name in new[] { "content-type", "cache-control", "pragma", "expires" })
        {
            var v0 = entry.ResponseHeaders.GetValueOrDefault(name) ?? "";
            var ours = response.Headers.Concat(response.Content.Headers)
                .FirstOrDefault(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value is { } values
                ? string.Join(", ", values)
                : "";
            if (!v0.Split(", ").Order().SequenceEqual(ours.Split(", ").Order()))
            {
                Differences.Add($"{what}\n  {name}: V0 '{v0}', ours '{ours}'");
            }
        }
    }

    private string Normalized(string body, bool recorded)
    {
        var text = recorded ? body : _ids.Aggregate(body, static (text, id) => text.Replace(id.Value, id.Key, StringComparison.Ordinal));
        if (WireJson.TryParse(text) is not JObject json)
        {
            return text;
        }

        if (json["results"] is JArray results)
        {
            foreach (var info in results.OfType<JObject>().ToList())
            {
                if (recorded && !_alive.Contains((string)info["conversation_id"]!))
                {
                    // V0 leaves behind what it refused to make.
                    info.Remove();
                }
                else
                {
                    Mask(info);
                }
            }
        }
        else if (json.ContainsKey("conversation_version"))
        {
            Mask(json);
        }

        return json.ToString(Formatting.None);
    }

    private void Mask(JObject info)
    {
        var isTied = _tied.Contains((string?)info["created_at"] ?? "");
        var isNew = !_recording.HasConversation((string)info["conversation_id"]!);
        foreach (var property in info.Properties().ToList())
        {
            var isMasked = property.Name switch
            {
                // What an agent and its sockets did is not played.
                "last_updated_at" => property.Value.Type != JTokenType.Null || isNew,
                "num_connections" => true,
                "title" => isNew || isTied || _isWrittenTo,
                "created_at" => isNew,
                _ => isTied,
            };
            if (isMasked)
            {
                property.Value = "*";
            }
        }
    }
}
