using System.Text;

using Gateway.Conversations;
using Gateway.Conversations.Runtime;
using Gateway.Operations.Operators.Recordings;
using Gateway.Operations.Operators.Tables;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Operations.Operators;

/// <summary>A conversation when an operator opens it. Immutable; written as JSON.</summary>
/// <param name="Version">Whose it is: <c>V0</c> or <c>V1</c>; null where nothing but its log is known.</param>
/// <param name="Owner">Which gateway has the agent; null where it is not open.</param>
/// <param name="Events">The last of its log, the newest first.</param>
internal sealed record ConversationView(
    string Id, string? User, string? Version, bool IsOpen, int Head, string? AgentState, UpstreamStatus? Upstream, string? Owner,
    RecordingView? Recording, int ClientCount, TablePage Clients, IReadOnlyList<EventView> Events);

/// <summary>Its recording, while there is one.</summary>
internal sealed record RecordingView(string Name, DateTimeOffset Started, int Connections, long Frames, long Bytes, string? EndReason);

/// <summary>An event without its words: what it is, how large, and of which form.</summary>
/// <param name="Json">The event itself, where operators may read; else null.</param>
internal sealed record EventView(int Id, string Source, string Kind, string? Timestamp, int Bytes, string Form, string? Json);

/// <summary>Reads what an operator sees of one conversation. Any thread.</summary>
internal sealed class ConversationDetail(
    Snapshots snapshots, ConversationService conversations, ConversationRegistry registry, ActiveRecordings recordings,
    AgentOwners owners, OperatorOptions options)
{
    private const int Events = 20;
    private const int MaxJson = 20_000;

    /// <summary>Null for a conversation that nobody knows. Errors of the store are thrown.</summary>
    public async ValueTask<ConversationView?> ReadAsync(ConversationKey key, TableQuery query, CancellationToken cancellationToken)
    {
        var session = registry.FindOpen(key);
        var log = await conversations.ReadLogAsync(key, cancellationToken);
        var known = session is null ? await conversations.FindAsync(key, cancellationToken) : null;
        if (session is null && log.Head < 0 && known is null && recordings.Of(key.Id) is null)
        {
            return null;
        }

        var clients = snapshots.Take().Clients.Where(client => client.Conversation == key).ToList();
        var table = new Table<ConnectedClient>(
            "clients", "Clients", OperatorTables.ClientColumns, "-lag", _ => new((IReadOnlyList<ConnectedClient>)clients));
        var recording = recordings.Of(key.Id);
        return new ConversationView(
            key.Id.Value,
            key.UserId?.Value,
            session?.Version ?? known?.Agent.Version,
            session is not null,
            log.Head,
            session is null ? null : await session.ReadAgentStateAsync(cancellationToken),
            session?.Upstream,
            session is null ? null
                : session.HasAgent ? AgentOwners.Here
                : (await owners.FindAsync([key], cancellationToken))[key],
            recording is null ? null : new RecordingView(
                recording.Name, recording.Started, recording.Connections, recording.Frames, recording.Bytes, recording.EndReason),
            clients.Count,
            await table.ReadAsync(query, cancellationToken),
            await ReadEventsAsync(key, log.Head, cancellationToken));
    }

    /// <summary>
    /// Whether there is such a conversation: open, stored, at the backend, or one that is being recorded still. Errors of the store are
    /// thrown.
    /// </summary>
    public async ValueTask<bool> IsKnownAsync(ConversationKey key, CancellationToken cancellationToken) =>
        registry.FindOpen(key) is not null
        || recordings.Of(key.Id) is not null
        || (await conversations.ReadLogAsync(key, cancellationToken)).Head >= 0
        || await conversations.FindAsync(key, cancellationToken) is not null;

    private async ValueTask<IReadOnlyList<EventView>> ReadEventsAsync(ConversationKey key, int head, CancellationToken cancellationToken)
    {
        var events = new List<EventView>();
        if (head < 0)
        {
            return events;
        }

        var log = await conversations.ReadLogAsync(key, cancellationToken);
        using var page = await log.ReadAsync(Math.Max(0, head - Events + 1), head, cancellationToken);
        foreach (var stored in page.Events.TakeLast(Events))
        {
            events.Add(Describe(stored.Id, stored.Json.Span));
        }

        events.Reverse();
        return events;
    }

    private EventView Describe(int id, ReadOnlySpan<byte> json)
    {
        if (!JsonTree.TryReadObject(json, out var read))
        {
            return new EventView(id, "", "no JSON object", null, json.Length, "", null);
        }

        var kind = read.TextOrNull("action") is { } action ? $"action {JsonOutline.Name(action)}"
            : read.TextOrNull("observation") is { } observation ? $"observation {JsonOutline.Name(observation)}"
            : "other";
        var text = options.ReadEvents ? Encoding.UTF8.GetString(json) : null;
        return new EventView(
            id,
            JsonOutline.Name(read.Text("source")),
            kind,
            TimeOf(read),
            json.Length,
            JsonOutline.Of(read),
            text is { Length: > MaxJson } ? text[..MaxJson] + "…" : text);
    }

    // A time, and nothing else that may stand in its place.
    private static string? TimeOf(JObject json) =>
        json.TextOrNull("timestamp") is { Length: > 0 and <= 40 } time
        && time.All(static c => char.IsAsciiDigit(c) || c is '-' or ':' or '.' or '+' or 'T' or 'Z' or ' ')
            ? time
            : null;
}
