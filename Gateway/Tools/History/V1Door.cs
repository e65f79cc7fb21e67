using System.Globalization;

using Gateway.Agents.V1.Rest;
using Gateway.Agents.V1.Upstream;
using Gateway.Conversations.Storage;
using Gateway.Primitives.Json;
using Gateway.Tools.History.ToV1;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.History;

/// <summary>What a server says, where it can go on or not.</summary>
/// <param name="Problem">In a line; null: it is done.</param>
/// <param name="IsGone">There is no use in asking it more.</param>
internal readonly record struct DoorAnswer(string? Problem, bool IsGone = false)
{
    public static DoorAnswer Done => default;
}

/// <summary>
/// How a V1 agent-server gets a history. Its REST has no route for one: it takes the messages of a user, and forks what it has. But a
/// conversation that it is asked to make under an id whose folder has events already begins with those (read in the sources of 1.1 and
/// 1.43: a new state takes the log that is there). So the folder is laid first, then the server is asked, and what it shows is compared.
/// Used by one run.
/// </summary>
/// <param name="rest">Its REST.</param>
/// <param name="endpoint">The server.</param>
/// <param name="request">How a conversation is asked for under an id; null where none is.</param>
internal sealed class V1Door(V1RestClient rest, V1Endpoint endpoint, Func<Guid, JObject>? request = null)
{
    private const string Conversations = "api/conversations";
    private const int PageSize = 100;
    private const string Unreachable = "it does not answer";

    // Before it the terminal had another name.
    private static readonly Version s_oldest = new(1, 3);

    /// <summary>Why this server cannot take a history, or give its own; null when it can.</summary>
    public async Task<string?> FindProblemAsync(CancellationToken cancellationToken)
    {
        var about = await rest.GetAsync(endpoint, "server_info", cancellationToken);
        if (about.Status == 0)
        {
            return $"{endpoint} does not answer";
        }

        if (about.Object?.TextOrNull("version") is not { } text)
        {
            return about.IsSuccess
                ? $"{endpoint} is no agent-server: its server_info names no version"
                : $"{endpoint} is no agent-server: it answers {about.Status} for its server_info";
        }

        var isKnown = Version.TryParse(text.Split('-', '+')[0], out var version) && version.Major == s_oldest.Major && version >= s_oldest;
        return isKnown ? null : $"{endpoint} has version {Shown(text)}: known are {s_oldest} and the later ones of {s_oldest.Major}";
    }

    /// <summary>Whether the server has a conversation of this id.</summary>
    public async Task<(bool IsKnown, DoorAnswer Answer)> FindAsync(Guid conversation, CancellationToken cancellationToken)
    {
        var info = await rest.GetAsync(endpoint, $"{Conversations}/{conversation:D}", cancellationToken);
        return info switch
        {
            { IsSuccess: true } => (true, DoorAnswer.Done),
            { Status: 404, Body: not null } => (false, DoorAnswer.Done),
            _ => (false, Failure(info)),
        };
    }

    /// <summary>
    /// Gives a conversation that the server has a title, unless it has one there. False when the server does not take it, or answer.
    /// </summary>
    public async Task<bool> NameAsync(Guid conversation, string title, CancellationToken cancellationToken)
    {
        var info = await rest.GetAsync(endpoint, $"{Conversations}/{conversation:D}", cancellationToken);
        return info is { IsSuccess: true, Object: { } known }
            && (ConversationReader.TitleOf(known) is not null
                || (await ConversationCalls.RenameAsync(rest, endpoint, conversation, title, rest.Timeout, cancellationToken)).IsSuccess);
    }

    /// <summary>Asks for the conversation. Of a call without an answer nobody knows whether it is done.</summary>
    public async Task<(bool IsUnknown, DoorAnswer Answer)> MakeAsync(Guid conversation, CancellationToken cancellationToken)
    {
        // It starts programs of its own before it answers.
        var made = await rest.SendAsync(
            HttpMethod.Post, endpoint, Conversations, request?.Invoke(conversation), rest.ActionTimeout, cancellationToken);
        return (made.IsUnknown, made.IsSuccess ? DoorAnswer.Done : Failure(made));
    }

    /// <summary>The conversation that this run has made, and that is not what it should be, goes again.</summary>
    public Task DeleteAsync(Guid conversation, CancellationToken cancellationToken) =>
        rest.SendAsync(HttpMethod.Delete, endpoint, $"{Conversations}/{conversation:D}", null, rest.Timeout, cancellationToken);

    /// <summary>Whether the server shows the history, every event of it, in its order and before anything else.</summary>
    public async Task<DoorAnswer> CompareAsync(V1History history, CancellationToken cancellationToken)
    {
        var ids = new List<string>();
        if (await ReadAsync(history.ConversationId, one => ids.Add(one.Text("id")), cancellationToken) is { Problem: not null } failed)
        {
            return failed;
        }

        // Servers that sort by time may give neighbours in another order.
        var shown = ids.ToHashSet(StringComparer.Ordinal);
        var count = history.Events.Count(one => shown.Contains(one.Text("id")));
        return count == history.Events.Count ? DoorAnswer.Done : new DoorAnswer(count == 0
            ? "the server shows none of it: the folder is not the one in which it keeps its conversations"
            : string.Create(
                CultureInfo.InvariantCulture, $"the server shows {count} of {history.Events.Count} events: it cannot read the others"));
    }

    /// <summary>Reads a conversation's log to its end.</summary>
    public async Task<DoorAnswer> ReadAsync(Guid conversation, Action<JObject> take, CancellationToken cancellationToken)
    {
        var reader = new LogReader(rest, endpoint, conversation, new LogCollector(take));
        return await reader.ReadAsync(cancellationToken) ? DoorAnswer.Done
            : reader.IsUnreadable ? new DoorAnswer("the server does not give its log")
            : new DoorAnswer(Unreachable, IsGone: true);
    }

    /// <summary>A server's conversations: these, or all of them.</summary>
    public async Task<(IReadOnlyList<IV1Log> Logs, DoorAnswer Answer)> ListAsync(
        IReadOnlyList<Guid> conversations, CancellationToken cancellationToken)
    {
        var logs = new List<IV1Log>();
        foreach (var id in conversations)
        {
            var info = await rest.GetAsync(endpoint, $"{Conversations}/{id:D}", cancellationToken);
            if (info.Object is not { } known || !info.IsSuccess)
            {
                return ([], info is { Status: 404, Body: not null } ? new DoorAnswer($"the server does not know {id:N}") : Failure(info));
            }

            logs.Add(LogOf(id, known));
        }

        return conversations.Count > 0 ? (logs, DoorAnswer.Done) : await ListAllAsync(cancellationToken);
    }

    private async Task<(IReadOnlyList<IV1Log> Logs, DoorAnswer Answer)> ListAllAsync(CancellationToken cancellationToken)
    {
        var logs = new List<IV1Log>();
        string? page = null;
        while (true)
        {
            var from = page is null ? "" : $"&page_id={Uri.EscapeDataString(page)}";
            var path = string.Create(CultureInfo.InvariantCulture, $"{Conversations}/search?limit={PageSize}{from}");
            var found = await rest.GetAsync(endpoint, path, cancellationToken);
            if (!found.IsSuccess)
            {
                return ([], Failure(found));
            }

            foreach (var info in found.Object.Objects("items"))
            {
                if (Guid.TryParse(info.Text("id"), out var id))
                {
                    logs.Add(LogOf(id, info));
                }
            }

            if (found.Object?.TextOrNull("next_page_id") is not { Length: > 0 } next || next == page)
            {
                return (logs, DoorAnswer.Done);
            }

            page = next;
        }
    }

    private ServerLog LogOf(Guid id, JObject info) => new(
        this, id, info.TextOrNull("title"), MetadataTime.TryParse(info["created_at"], out var created) ? created : null);

    /// <summary>What the server wrote may repeat what it was asked, keys and all: only its status is told.</summary>
    private static DoorAnswer Failure(RestResult result) => result switch
    {
        { Status: 0 } => new DoorAnswer(Unreachable, IsGone: true),
        { IsUnauthorized: true } => new DoorAnswer("the server refuses the key", IsGone: true),
        { Status: 400 or 422 } => new DoorAnswer("the server refuses the request: its template does not suit it", IsGone: true),
        _ => new DoorAnswer($"the server answers {result.Status}", IsGone: result.Status >= 500),
    };

    private static string Shown(string version) => version.Length <= 20 ? version : version[..20] + "…";
}
