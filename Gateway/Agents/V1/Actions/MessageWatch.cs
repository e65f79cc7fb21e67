using System.Text;

using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Actions;

/// <summary>
/// Tells when a message that is being sent shows in V1's log: that acknowledges it, whatever becomes of the call. One message at a time is
/// watched for. Any thread.
/// </summary>
internal sealed class MessageWatch
{
    private volatile WatchedMessage? _sent;
    private volatile string? _lastId;

    /// <summary>The log as it is taken over at the start: nothing before this event is a message that is being sent.</summary>
    public void StartAfter(string? eventId) => _lastId = eventId;

    public WatchedMessage Begin(JArray content)
    {
        var sent = new WatchedMessage(KeyOf(content), _lastId);
        _sent = sent;
        return sent;
    }

    public void End() => _sent = null;

    /// <summary>An event of the log, the first time that it is seen.</summary>
    public void Taken(JObject v1Event)
    {
        _lastId = v1Event.TextOrNull("id") ?? _lastId;
        if (_sent is { } sent && sent.IsIn(v1Event))
        {
            sent.OnShown();
        }
    }

    /// <summary>Texts and images, however the server writes them down.</summary>
    public static string KeyOf(JToken? content)
    {
        if (content is JValue { Type: JTokenType.String } text)
        {
            return (string?)text ?? "";
        }

        var key = new StringBuilder();
        foreach (var item in (content as JArray ?? []).OfType<JObject>())
        {
            key.Append(item.Text("text"));
            foreach (var url in item["image_urls"] as JArray ?? [])
            {
                key.Append('\0').Append(url.Type == JTokenType.String ? (string?)url : "");
            }
        }

        return key.ToString();
    }
}

/// <summary>A message on its way. Thread-safe.</summary>
/// <param name="after">The last event of the log that was known before it was sent.</param>
internal sealed class WatchedMessage(string key, string? after)
{
    private readonly TaskCompletionSource _shown = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Complete when the log has it.</summary>
    public Task Shown => _shown.Task;

    public bool IsShown => _shown.Task.IsCompleted;

    public void OnShown() => _shown.TrySetResult();

    /// <summary>The log was known up to this event already.</summary>
    public bool BeginsAfter(JObject v1Event) => after is not null && v1Event.Text("id") == after;

    public bool IsIn(JObject v1Event) => v1Event.Text("kind") == "MessageEvent"
        && v1Event.Text("source") == "user"
        && MessageWatch.KeyOf(v1Event.Object("llm_message")?["content"]) == key;
}
