using System.Globalization;
using System.Text;

using Gateway.Conversations;
using Gateway.Conversations.Storage;

using Newtonsoft.Json;

namespace Gateway.Operations.Operators.Recordings;

/// <summary>Writes what a conversation has stored, in V0's layout: what a recording of it begins with. Stateless; any thread.</summary>
internal sealed class RecordedHistory(ConversationService conversations, IConversationCatalogue catalogue)
{
    /// <summary>
    /// Writes the conversation's metadata and events below a folder, without their secrets. Gives the last event's id, or why it was not
    /// done. Errors of the store and of the disk are thrown.
    /// </summary>
    public async Task<(int Head, string? Problem)> WriteAsync(
        ConversationKey key, string store, Func<string, string> redact, long maxBytes, CancellationToken cancellationToken)
    {
        var log = await conversations.ReadLogAsync(key, cancellationToken);
        var head = log.Head;
        var metadata = await ReadMetadataAsync(key, cancellationToken);
        if (head < 0 && metadata is null)
        {
            return (head, null);
        }

        var folder = Path.Join(store, "sessions", key.Id.Value);
        var events = Path.Join(folder, "events");
        Directory.CreateDirectory(events);
        if (metadata is not null)
        {
            await WriteAsync(Path.Join(folder, "metadata.json"), metadata, redact, cancellationToken);
        }

        var bytes = 0L;
        for (var next = 0; next <= head;)
        {
            using var page = await log.ReadAsync(next, head, cancellationToken);
            foreach (var stored in page.Events)
            {
                bytes += stored.Json.Length;
                if (bytes > maxBytes)
                {
                    return (head, $"The conversation has stored more than {maxBytes} bytes, which is what a recording may have.");
                }

                var name = stored.Id.ToString(CultureInfo.InvariantCulture) + ".json";
                await WriteAsync(Path.Join(events, name), stored.Json, redact, cancellationToken);
            }

            next = page.NextId;
        }

        return (head, null);
    }

    // What V0 cannot read it does not miss.
    private async ValueTask<byte[]?> ReadMetadataAsync(ConversationKey key, CancellationToken cancellationToken)
    {
        try
        {
            return (await catalogue.ReadAsync(key, cancellationToken)) is { } stored
                ? Encoding.UTF8.GetBytes(stored.Json.ToString(Formatting.None))
                : null;
        }
        catch (DamagedMetadataException)
        {
            return null;
        }
    }

    private static Task WriteAsync(
        string path, ReadOnlyMemory<byte> json, Func<string, string> redact, CancellationToken cancellationToken) =>
        File.WriteAllTextAsync(path, redact(Encoding.UTF8.GetString(json.Span)), cancellationToken);
}
