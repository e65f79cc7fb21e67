using Gateway.Conversations;
using Gateway.Conversations.Storage;
using Gateway.Primitives.Json;

namespace Gateway.Agents.V1.Bridge;

/// <summary>Where a conversation's title is kept. Any thread.</summary>
internal interface ITitleStore
{
    /// <summary>False when it has that title, or is not known.</summary>
    /// <param name="onlyOverDefault">Only where it has none of its own yet.</param>
    ValueTask<bool> TrySetAsync(ConversationKey key, string title, bool onlyOverDefault, CancellationToken cancellationToken);
}

/// <summary>Titles in V0's metadata. Stateless.</summary>
internal sealed class MetadataTitles(IConversationCatalogue catalogue) : ITitleStore
{
    public ValueTask<bool> TrySetAsync(ConversationKey key, string title, bool onlyOverDefault, CancellationToken cancellationToken) =>
        catalogue.EditAsync(
            key,
            json =>
            {
                var current = json.Text("title");
                if (current == title || (onlyOverDefault && current.Length > 0 && current != ConversationMetadata.DefaultTitle(key.Id)))
                {
                    return false;
                }

                json["title"] = title;
                return true;
            },
            cancellationToken);
}
