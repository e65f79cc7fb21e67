using System.Runtime.CompilerServices;

using Gateway.Access;
using Gateway.Conversations;
using Gateway.Conversations.Storage;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Settings;

/// <summary>
/// The settings of whoever asks: V0's <c>settings.json</c>, answered from memory while it does not change. Any thread. Settings that cannot
/// be read throw <see cref="InvalidDataException"/>, a store that fails <see cref="IOException"/> or
/// <see cref="UnauthorizedAccessException"/>.
/// </summary>
internal sealed class UserSettings(IUserDocuments documents, ConversationUsers users)
{
    private readonly ConditionalWeakTable<StoredDocument, StoredSettings> _understood = [];

    /// <summary>Null when the user has none yet.</summary>
    public async ValueTask<StoredSettings?> FindAsync(Caller caller, CancellationToken cancellationToken) =>
        await documents.ReadAsync(UserDocument.Settings, users.UserOf(caller), cancellationToken) is { } stored
            ? _understood.GetValue(stored, static document => SettingsSchema.Understand(document.Json))
            : null;

    /// <summary>Stores what was posted; all that it does not name stays.</summary>
    public async Task StoreAsync(Caller caller, PostedSettings posted, CancellationToken cancellationToken) => await documents.EditAsync(
        UserDocument.Settings,
        users.UserOf(caller),
        stored => SettingsSchema.Merge(stored?.Json, posted.FieldsOver(stored?.Json)),
        cancellationToken);

    /// <summary>The secrets that an old version kept here have a place of their own now.</summary>
    public async Task ForgetLegacySecretsAsync(Caller caller, CancellationToken cancellationToken) => await documents.EditAsync(
        UserDocument.Settings,
        users.UserOf(caller),
        static stored =>
        {
            if (stored is null)
            {
                return null;
            }

            var settings = SettingsSchema.Merge(stored.Json, []);
            settings[SettingsSchema.SecretsStore] = new JObject { ["provider_tokens"] = new JObject() };
            return settings;
        },
        cancellationToken);
}
