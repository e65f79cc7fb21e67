using Gateway.Conversations;
using Gateway.Conversations.Storage;
using Gateway.HttpApi.Conventions;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Conversations;

/// <summary>
/// V0's lists of conversations: a page is cut first, and then those are taken out of it that are older than ten days or do not fit the
/// filters. Stateless; any thread. Source: PROTOCOL.md, "V0 conversations".
/// </summary>
internal sealed class ConversationList(
    ConversationService conversations, ConversationPlaces places, ConversationUsers users, IUserDocuments documents, HttpApiOptions options,
    TimeProvider timeProvider)
{
    private const int DefaultLimit = 20;
    private const string MicroagentTrigger = "microagent_management";

    private static readonly TimeSpan s_hiddenAfter = TimeSpan.FromDays(10);

    private readonly MergedList _merged = new(conversations, options);

    /// <summary><c>GET /api/conversations</c>.</summary>
    public async Task<IResult> GetAsync(HttpContext context)
    {
        var errors = new RequestErrors();
        var limit = LimitOf(context.Request.Query, errors);
        var repository = ValueOf(context.Request.Query, "selected_repository");
        var trigger = ValueOf(context.Request.Query, "conversation_trigger");
        if (trigger is not null && !MetadataRules.Triggers.Contains(trigger))
        {
            errors.NotOneOf(["query", "conversation_trigger"], MetadataRules.Triggers, trigger);
        }

        return errors.Any
            ? errors.Answer
            : await AnswerAsync(context, limit, metadata =>
                (repository is null || metadata.TextOrNull("selected_repository") == repository)
                    && (trigger is null || metadata.TextOrNull("trigger") == trigger));
    }

    /// <summary>
    /// <c>GET /api/microagent-management/conversations</c>: those that were made to add a microagent to a repository.
    /// </summary>
    public async Task<IResult> GetOfMicroagentsAsync(HttpContext context)
    {
        var errors = new RequestErrors();
        var repository = ValueOf(context.Request.Query, "selected_repository");
        if (repository is null)
        {
            errors.Missing(["query", "selected_repository"], null);
        }

        var limit = LimitOf(context.Request.Query, errors);
        if (errors.Any)
        {
            return errors.Answer;
        }

        // V0 has nobody to ask about pull requests then, and fails.
        var userId = users.UserOf(context.GetCaller());
        return await documents.ReadAsync(UserDocument.Secrets, userId, context.RequestAborted) is null
            ? ApiAnswer.InternalError
            : await AnswerAsync(context, limit, metadata =>
                metadata.TextOrNull("trigger") == MicroagentTrigger && metadata.TextOrNull("selected_repository") == repository);
    }

    /// <summary>V0 takes the last of several.</summary>
    private static string? ValueOf(IQueryCollection query, string name) => query.TryGetValue(name, out var values) ? values[^1] : null;

    private static int LimitOf(IQueryCollection query, RequestErrors errors) => ValueOf(query, "limit") is { } text
        ? (int)Math.Clamp(RequestFields.ParseInteger(text, ["query", "limit"], errors) ?? 0, int.MinValue / 2, int.MaxValue / 2)
        : DefaultLimit;

    private async ValueTask<IResult> AnswerAsync(HttpContext context, int limit, Func<JObject, bool> isWanted)
    {
        if (!PageCursor.TryParse(ValueOf(context.Request.Query, "page_id") ?? "", out var cursor))
        {
            // As V0, which does not expect it.
            return ApiAnswer.InternalError;
        }

        var userId = users.UserOf(context.GetCaller());
        var hidden = timeProvider.GetUtcNow() - s_hiddenAfter;
        if (places.Elsewhere is { } elsewhere)
        {
            var all = await _merged.ReadAsync(elsewhere, context, userId, hidden);
            var (from, count) = CataloguePage.Slice(cursor.Offset, limit, all.Count, all.Count);
            return Page(new JArray(all.Skip(from).Take(count).Where(isWanted)), cursor.Next(limit, all.Count));
        }

        var page = await conversations.ListAsync(userId, cursor.Offset, limit, context.RequestAborted);
        var results = new JArray();
        foreach (var conversation in page.Conversations)
        {
            if (conversation.Metadata is { } metadata
                && MetadataTime.TryParse(metadata["created_at"], out var createdAt)
                && createdAt >= hidden
                && isWanted(metadata))
            {
                results.Add(ConversationJson.Of(conversation, metadata, clients: 0, options.PublicUrl));
            }
        }

        return Page(results, cursor.Next(limit, page.Total));
    }

    private static ApiAnswer Page(JArray results, string? next) =>
        ApiAnswer.Of(new JObject { ["results"] = results, ["next_page_id"] = next });
}
