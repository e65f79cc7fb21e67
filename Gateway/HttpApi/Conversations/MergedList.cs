using Gateway.Conversations;
using Gateway.Conversations.Storage;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Conversations;

/// <summary>
/// The conversations of this gateway and of the V0 server behind it as one list, the newest first: what is younger than lists show. Of a
/// server that does not answer nothing is in it. Stateless; any thread.
/// </summary>
internal sealed class MergedList(ConversationService conversations, HttpApiOptions options)
{
    private const int PageLength = 200;

    /// <param name="elsewhere">The server behind.</param>
    /// <param name="context">Who asks.</param>
    /// <param name="userId">Whose conversations of this gateway.</param>
    /// <param name="hidden">What was made before is in no list.</param>
    public async ValueTask<IReadOnlyList<JObject>> ReadAsync(
        IConversationsElsewhere elsewhere, HttpContext context, ConversationId? userId, DateTimeOffset hidden)
    {
        var asked = elsewhere.ListAsync(context);
        var own = await ReadOwnAsync(userId, hidden, context.RequestAborted);
        var ids = own.Select(static one => one.Id).ToHashSet(StringComparer.Ordinal);

        // A V0 server on the same store lists the gateway's own as well.
        foreach (var json in await asked ?? [])
        {
            if (ids.Add(json.Text("conversation_id"))
                && MetadataTime.TryParse(json["created_at"], out var createdAt)
                && createdAt >= hidden)
            {
                json[ConversationJson.LivesAt] = "V0";
                own.Add(new Shown(json.Text("conversation_id"), createdAt, json));
            }
        }

        return [.. own.OrderByDescending(static one => one.CreatedAt).Select(static one => one.Json)];
    }

    private async ValueTask<List<Shown>> ReadOwnAsync(ConversationId? userId, DateTimeOffset hidden, CancellationToken cancellationToken)
    {
        var own = new List<Shown>();
        var isOver = false;
        for (var offset = 0; !isOver; offset += PageLength)
        {
            var page = await conversations.ListAsync(userId, offset, PageLength, cancellationToken);
            isOver = (long)offset + PageLength >= page.Total || page.Conversations.Count == 0;
            foreach (var conversation in page.Conversations)
            {
                if (conversation.Metadata is not { } metadata || !MetadataTime.TryParse(metadata["created_at"], out var createdAt))
                {
                    continue;
                }

                if (createdAt < hidden)
                {
                    isOver = true;
                    break;
                }

                if (!conversation.Agent.IsElsewhere)
                {
                    var json = ConversationJson.Of(conversation, metadata, clients: 0, options.PublicUrl);
                    own.Add(new Shown(json.Text("conversation_id"), createdAt, json));
                }
            }
        }

        return own;
    }

    private sealed record Shown(string Id, DateTimeOffset CreatedAt, JObject Json);
}
