using System.Text.RegularExpressions;

using Gateway.Primitives.Json;
using Gateway.Tools.Har;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.RecordedAgent;

/// <summary>A conversation that a POST made.</summary>
/// <param name="HasMessage">The POST brought a first message, or a task that becomes one.</param>
internal readonly record struct CreatedConversation(DateTimeOffset Time, string Id, bool HasMessage);

/// <summary>Something that a REST call told the recorded server about a conversation.</summary>
internal readonly record struct CallTo<T>(DateTimeOffset Time, string ConversationId, T What)
{
    /// <summary>When it was answered; for a call whose answer tells nothing, when it was made.</summary>
    public DateTimeOffset Answered { get; init; } = Time;
}

/// <summary>
/// What the recorded REST calls did to conversations: to an agent, these are its users' doings as what came by socket is. Immutable.
/// </summary>
internal sealed partial record RecordedCalls(
    IReadOnlyList<CreatedConversation> Created,
    IReadOnlyList<CallTo<JObject>> Actions,
    IReadOnlyList<CallTo<string>> Renames,
    IReadOnlyList<CallTo<string>> Titles)
{
    /// <summary>When a conversation's session was ended by a call: stopped, or deleted.</summary>
    public IReadOnlyList<CallTo<bool>> Ends { get; private init; } = [];

    public static RecordedCalls Read(IReadOnlyList<HarEntry> entries)
    {
        var created = new List<CreatedConversation>();
        var actions = new List<CallTo<JObject>>();
        var renames = new List<CallTo<string>>();
        var titles = new List<CallTo<string>>();
        var ends = new List<CallTo<bool>>();
        foreach (var entry in entries.Where(static entry => entry.Status == 200))
        {
            var match = Route().Match(entry.RawTarget);
            var (id, below) = (match.Groups["id"].Value, match.Groups["below"].Value);
            var body = JsonTree.ReadOrNull(entry.RequestBody ?? "");
            var answer = JsonTree.ReadOrNull(entry.ResponseBody ?? "");
            switch (entry.Method, match.Success, id.Length > 0, below)
            {
                case ("POST", true, false, _) when answer.TextOrNull("conversation_id") is { } made:
                    created.Add(new CreatedConversation(entry.Started, made, BringsMessage(body)));
                    break;
                case ("GET", true, false, _):
                    titles.AddRange(answer.Objects("results").Select(info => TitleOf(entry, info)).OfType<CallTo<string>>());
                    break;
                case ("GET", true, true, "") when TitleOf(entry, answer) is { } title:
                    titles.Add(title);
                    break;
                case ("PATCH", true, true, "") when body.TextOrNull("title") is { } name:
                    renames.Add(new CallTo<string>(entry.Started, id, name.Trim()) { Answered = entry.Ended });
                    break;
                case ("DELETE", true, true, ""):
                    ends.Add(new CallTo<bool>(entry.Started, id, true));
                    break;
                case ("POST", true, true, "/stop") when answer.TextOrNull("conversation_status") is not "STOPPED":
                    ends.Add(new CallTo<bool>(entry.Started, id, true));
                    break;
                case ("POST", true, true, "/message") when body.TextOrNull("message") is { } text:
                    actions.Add(new CallTo<JObject>(entry.Started, id, Message(text)));
                    break;
                case ("POST", true, true, "/events") when body is JObject action:
                    actions.Add(new CallTo<JObject>(entry.Started, id, action));
                    break;
            }
        }

        return new RecordedCalls(created, actions, renames, titles) { Ends = ends };
    }

    private static JObject Message(string text) => new() { ["action"] = "message", ["args"] = new JObject { ["content"] = text } };

    private static bool BringsMessage(JToken? body) => body.Text("initial_user_msg").Length > 0
        || body.Object("suggested_task") is not null
        || body.Member("image_urls") is JArray { Count: > 0 };

    /// <summary>The title, unless it is empty or V0's default.</summary>
    public static string? OwnTitle(string? title) => title is { Length: > 0 } && !DefaultTitle().IsMatch(title) ? title : null;

    private static CallTo<string>? TitleOf(HarEntry entry, JToken? info) =>
        info.TextOrNull("conversation_id") is { } id && OwnTitle(info.TextOrNull("title")) is { } title
            ? new CallTo<string>(entry.Ended, id, title)
            : null;

    [GeneratedRegex("""^(?:/[^?]*)?/api/conversations(?:/(?<id>[^/?]+)(?<below>/[^?]*)?)?(?:\?.*)?$""")]
    private static partial Regex Route();

    [GeneratedRegex("^Conversation [0-9a-z]{5}$")]
    private static partial Regex DefaultTitle();
}
