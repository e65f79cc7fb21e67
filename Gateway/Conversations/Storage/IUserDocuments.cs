using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Storage;

/// <summary>The JSON documents that V0 keeps for each user beside the conversations.</summary>
internal enum UserDocument
{
    /// <summary>How the user wants the agent: model, key, language.</summary>
    Settings,

    /// <summary>Tokens of git providers, and values that the agent may use.</summary>
    Secrets,
}

/// <summary>
/// A user's documents, which V0 and people with an editor may change as well: what is read is what is stored now. Thread-safe. Throws as
/// <see cref="IConversationCatalogue"/> does, and <see cref="InvalidDataException"/>, whose message holds nothing of the content, for a
/// document that is no JSON object.
/// </summary>
internal interface IUserDocuments
{
    /// <summary>Null when there is none.</summary>
    /// <param name="userId">Null for a server without users.</param>
    ValueTask<StoredDocument?> ReadAsync(UserDocument document, ConversationId? userId, CancellationToken cancellationToken);

    /// <summary>
    /// Compare and set: writes the document, whole or not at all, if what is stored is still what was read as
    /// <paramref name="expectedVersion"/>. False when somebody has changed it meanwhile: read it again and decide anew.
    /// </summary>
    /// <param name="expectedVersion">Null when none was there.</param>
    ValueTask<bool> TryWriteAsync(
        UserDocument document, ConversationId? userId, JObject json, string? expectedVersion, CancellationToken cancellationToken);
}
