using Gateway.Access;
using Gateway.Conversations;
using Gateway.Conversations.Storage;
using Gateway.HttpApi.Conventions;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Settings;

/// <summary>
/// The secrets of whoever asks: V0's <c>secrets.json</c>, and what an old version left among the settings, which is moved here when
/// somebody can write. Any thread. Throws as <see cref="UserSettings"/> does; no message holds a secret.
/// </summary>
internal sealed partial class UserSecrets(
    IUserDocuments documents, UserSettings settings, ConversationUsers users, ILogger<UserSecrets> logger)
{
    /// <summary>Null when the user has none: no document, and nothing among the settings.</summary>
    public async ValueTask<StoredSecrets?> FindAsync(Caller caller, CancellationToken cancellationToken) =>
        await FindAsync(caller, await FindLegacyAsync(caller, cancellationToken), cancellationToken);

    /// <param name="legacy">What is left among the settings, which the caller has read.</param>
    public async ValueTask<StoredSecrets?> FindAsync(Caller caller, JObject? legacy, CancellationToken cancellationToken)
    {
        var stored = await documents.ReadAsync(UserDocument.Secrets, users.UserOf(caller), cancellationToken);
        return stored is null && legacy is null ? null : StoredSecrets.Of(stored?.Json, legacy);
    }

    /// <summary>
    /// Lets <paramref name="edit"/> say what the document is to be (null: it stays as it is). It gets null when there are no secrets, and
    /// may be called again when somebody else writes at the same time.
    /// </summary>
    public async ValueTask EditAsync(Caller caller, Func<StoredSecrets?, JObject?> edit, CancellationToken cancellationToken)
    {
        var legacy = await FindLegacyAsync(caller, cancellationToken);
        var isMoved = false;
        await documents.EditAsync(
            UserDocument.Secrets,
            users.UserOf(caller),
            stored =>
            {
                var edited = edit(stored is null && legacy is null ? null : StoredSecrets.Of(stored?.Json, legacy));
                isMoved = edited is not null && legacy is not null;
                return edited;
            },
            cancellationToken);
        if (isMoved)
        {
            await settings.ForgetLegacySecretsAsync(caller, cancellationToken);
        }
    }

    /// <summary>Forgets the tokens of all git providers.</summary>
    public ValueTask ForgetTokensAsync(Caller caller, CancellationToken cancellationToken) =>
        EditAsync(caller, static stored => stored?.WithTokens([]), cancellationToken);

    /// <summary>
    /// Moves what an old version left among the settings. Where that cannot be written it is only read from there, as before.
    /// </summary>
    public async ValueTask MoveLegacyAsync(Caller caller, CancellationToken cancellationToken)
    {
        if (await FindLegacyAsync(caller, cancellationToken) is null)
        {
            return;
        }

        try
        {
            await EditAsync(caller, static secrets => secrets?.Json, cancellationToken);
        }
        catch (Exception exception) when (StoreFailures.Covers(exception))
        {
            Log.NotMoved(logger, exception);
        }
    }

    /// <summary>Secrets have nothing to do with settings that cannot be read.</summary>
    private async ValueTask<JObject?> FindLegacyAsync(Caller caller, CancellationToken cancellationToken)
    {
        try
        {
            return (await settings.FindAsync(caller, cancellationToken))?.LegacySecrets;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Secrets that an old version kept among the settings could not be moved to their own file.")]
        public static partial void NotMoved(ILogger logger, Exception exception);
    }
}
