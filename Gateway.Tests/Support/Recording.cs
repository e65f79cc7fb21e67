using System.Globalization;

using Microsoft.AspNetCore.WebUtilities;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>A recorded session of a real V0 server, as it stands under <c>protocol-fixtures</c>. Immutable.</summary>
internal sealed record Recording(string Name)
{
    private string Folder => Repository.PathOf(["protocol-fixtures", .. Name.Split('/')]);

    public string Store => Path.Combine(Folder, "store");

    /// <summary>What the server left, or where it left nothing more than it began with, that.</summary>
    public string StoreAfter => Directory.Exists(Path.Combine(Folder, "store-after")) ? Path.Combine(Folder, "store-after") : Store;

    /// <summary>One of V0's recordings, by its folder's name.</summary>
    public static Recording Named(string name) => new($"v0/{name}");

    /// <summary>Every recording that keeps a store, of whatever V0 version; named <c>v0/replay-full</c>.</summary>
    public static IEnumerable<string> WithStore() =>
        from family in Directory.EnumerateDirectories(Repository.PathOf("protocol-fixtures"), "v0*")
        from folder in Directory.EnumerateDirectories(family)
        where Directory.Exists(Path.Combine(folder, "store")) || Directory.Exists(Path.Combine(folder, "store-after"))
        orderby folder
        select $"{Path.GetFileName(family)}/{Path.GetFileName(folder)}";

    /// <summary>It was there before the session.</summary>
    public bool HasConversation(string id) => Directory.Exists(Path.Combine(Store, "sessions", id));

    /// <summary>What was noted about the session.</summary>
    public JObject Notes() => (JObject)WireJson.Parse(File.ReadAllText(Path.Combine(Folder, "fixture.json")));

    /// <summary>Empty where the conversation was born in the session.</summary>
    public TempStore CopyStore() => Directory.Exists(Store) ? TempStore.CopyOf(Store) : TempStore.Empty();

    public TempStore CopyStoreAfter() => TempStore.CopyOf(StoreAfter);

    /// <summary>The files of single events in both stores.</summary>
    public IEnumerable<string> EventFiles() => EventFiles(Store).Concat(EventFiles(StoreAfter)).Distinct();

    /// <summary>The files of single events in a store; none when it does not exist.</summary>
    public static IEnumerable<string> EventFiles(string store) => Directory.Exists(store)
        ? Directory.EnumerateFiles(store, "*.json", SearchOption.AllDirectories)
            .Where(static path => Path.GetFileName(Path.GetDirectoryName(path)) == "events").Order(StringComparer.Ordinal)
        : [];

    /// <summary>What follows <paramref name="prefix"/> in the texts that clients sent over WebSockets.</summary>
    public IReadOnlyList<string> Sent(string prefix) => Texts(fromClient: true, prefix);

    /// <summary>What follows <paramref name="prefix"/> in the texts that clients got over WebSockets.</summary>
    public IReadOnlyList<string> Received(string prefix) => Texts(fromClient: false, prefix);

    /// <summary>The HTTP requests and WebSockets of the session, in their order.</summary>
    public IReadOnlyList<RecordedEntry> Entries() =>
        [.. ((JObject)WireJson.Parse(File.ReadAllText(Path.Combine(Folder, "session.har"))))["log"]?["entries"]?
            .OfType<JObject>().Select(static entry => new RecordedEntry(entry)) ?? []];

    /// <summary>Every form in which a numbered event went over a WebSocket, by conversation and id.</summary>
    public ILookup<(string Conversation, int Id), JObject> EventsOnTheWire() => (
        from entry in Entries()
        let conversation = QueryHelpers.ParseQuery(entry.Address.Query).GetValueOrDefault("conversation_id").ToString()
        from frame in entry.Frames
        where !frame.IsFromClient && frame.Data.StartsWith("42[\"oh_event\",", StringComparison.Ordinal)
        let json = WireJson.Parse(frame.Data[2..])[1] as JObject
        where json?["id"]?.Type == JTokenType.Integer
        select (conversation, json)).ToLookup(static pair => (pair.conversation, pair.json.Value<int>("id")), static pair => pair.json);

    private IReadOnlyList<string> Texts(bool fromClient, string prefix) =>
    [
        .. from entry in Entries()
           from frame in entry.Frames
           where frame.IsFromClient == fromClient && !frame.IsBinary && frame.Data.StartsWith(prefix, StringComparison.Ordinal)
           select frame.Data[prefix.Length..],
    ];
}

/// <summary>One entry of a recording's HAR: a request, or a WebSocket with its frames. Immutable.</summary>
internal sealed class RecordedEntry(JObject entry)
{
    public Uri Address { get; } = new(entry["request"]?.Value<string>("url") ?? "");

    public string Method { get; } = entry["request"]?.Value<string>("method") ?? "GET";

    public int Status { get; } = entry["response"]?.Value<int>("status") ?? 0;

    /// <summary>When it was sent.</summary>
    public DateTimeOffset StartedAt { get; } = DateTimeOffset.TryParse(
        entry.Value<string>("startedDateTime"), CultureInfo.InvariantCulture, out var startedAt) ? startedAt : default;

    /// <summary>As V0 was asked, and as it answered; names in lower case.</summary>
    public IReadOnlyDictionary<string, string> RequestHeaders { get; } = HeadersOf(entry["request"]);

    public IReadOnlyDictionary<string, string> ResponseHeaders { get; } = HeadersOf(entry["response"]);

    public bool HasRequestBody { get; } = entry["request"]?["postData"] is JObject;

    public string RequestBody { get; } = entry["request"]?["postData"]?.Value<string>("text") ?? "";

    public string ResponseBody { get; } = entry["response"]?["content"]?.Value<string>("text") ?? "";

    /// <summary>Empty for an ordinary request.</summary>
    public IReadOnlyList<RecordedFrame> Frames { get; } =
        [.. entry["_webSocketMessages"]?.Select(static frame => new RecordedFrame(
            frame.Value<string>("type") == "send", frame.Value<int>("opcode") == 2, frame.Value<string>("data") ?? "")) ?? []];

    public bool IsWebSocket { get; } = entry["_webSocketMessages"] is not null;

    private static Dictionary<string, string> HeadersOf(JToken? message) => (message?["headers"] ?? new JArray())
        .GroupBy(static header => (header.Value<string>("name") ?? "").ToLowerInvariant())
        .ToDictionary(static same => same.Key, static same => same.Last().Value<string>("value") ?? "");
}

/// <summary>One WebSocket message of a recording; binary data is base64.</summary>
internal sealed record RecordedFrame(bool IsFromClient, bool IsBinary, string Data);
