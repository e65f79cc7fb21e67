using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;
using Gateway.Primitives.Json;

namespace Gateway.Conversations.Runtime;

/// <summary>
/// Makes a title of the first user message with text in a log. What was looked at once is not read again; the title is kept, not the
/// message, which may be megabytes. One caller at a time.
/// </summary>
internal sealed class FirstMessageTitle(IEventLog log)
{
    private string? _title;
    private int _next;

    /// <summary>The title (<see cref="ConversationMetadata.TitleOf"/>); null while there is no such message.</summary>
    public async ValueTask<string?> FindAsync(CancellationToken cancellationToken)
    {
        while (_title is null && _next <= log.Head)
        {
            using var page = await log.ReadAsync(_next, log.Head, cancellationToken);
            _title = page.Events.Where(IsOfUser).Select(TextOf).FirstOrDefault(static text => text.Length > 0) is { } text
                ? ConversationMetadata.TitleOf(text)
                : null;
            _next = page.NextId;
        }

        return _title;
    }

    private static bool IsOfUser(StoredEvent stored) => stored.Header is { Kind: EventKind.MessageAction, Source: EventSource.User };

    private static string TextOf(StoredEvent stored) =>
        JsonTree.TryReadObject(stored.Json.Span, out var json) ? json.Object("args").Text("content").Trim() : "";
}
