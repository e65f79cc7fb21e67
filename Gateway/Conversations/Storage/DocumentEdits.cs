using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Storage;

/// <summary>
/// Changes stored documents without overwriting what others change at the same time: V0 beside us, another process, another route. What is
/// stored is read, edited, and written if nobody has written meanwhile; otherwise again from the start. Stateless; any thread.
/// </summary>
internal static class DocumentEdits
{
    // Each failure means that somebody else has written: with so many in a row something is wrong.
    private const int MaxTries = 20;

    /// <summary>
    /// Lets <paramref name="edit"/> change a conversation's metadata, whose unknown fields stay. False when there is none, or when
    /// <paramref name="edit"/> says that nothing is to be changed. Damaged metadata throws <see cref="DamagedMetadataException"/>.
    /// </summary>
    public static ValueTask<bool> EditAsync(
        this IConversationCatalogue catalogue, ConversationKey key, Func<JObject, bool> edit, CancellationToken cancellationToken) =>
        EditAsync(
            () => catalogue.ReadAsync(key, cancellationToken),
            stored => stored is not null && edit(stored.Json) ? stored.Json : null,
            (json, version) => catalogue.TryReplaceAsync(key, json, version ?? "", cancellationToken));

    /// <summary>
    /// Lets <paramref name="edit"/> say what a user's document is to be (null: it stays as it is). It gets what is stored, null for
    /// nothing, and must not change it. False when it stayed as it was.
    /// </summary>
    public static ValueTask<bool> EditAsync(
        this IUserDocuments documents,
        UserDocument document,
        ConversationId? userId,
        Func<StoredDocument?, JObject?> edit,
        CancellationToken cancellationToken) =>
        EditAsync(
            () => documents.ReadAsync(document, userId, cancellationToken),
            edit,
            (json, version) => documents.TryWriteAsync(document, userId, json, version, cancellationToken));

    private static async ValueTask<bool> EditAsync(
        Func<ValueTask<StoredDocument?>> read, Func<StoredDocument?, JObject?> edit, Func<JObject, string?, ValueTask<bool>> tryWrite)
    {
        for (var i = 0; i < MaxTries; i++)
        {
            var stored = await read();
            if (edit(stored) is not { } json)
            {
                return false;
            }

            if (await tryWrite(json, stored?.Version))
            {
                return true;
            }
        }

        throw new IOException("What is stored is being changed by others all the time.");
    }
}
