using System.Globalization;

using Gateway.Agents.V1.Upstream;
using Gateway.Primitives.Json;

using Microsoft.Extensions.Options;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Rest;

/// <summary>
/// V1's routes about conversations as a whole, and about what the server offers (PROTOCOL.md, "V1 REST"). Stateless; any thread. No call
/// throws for what the server does; each has a limit.
/// </summary>
internal sealed class ConversationCalls(V1RestClient rest, IOptions<V1Options> options)
{
    private const string Root = "api/conversations";

    private readonly TimeSpan _limit = options.Value.RestTimeout;
    private readonly TimeSpan _createLimit = options.Value.RequestTimeout;

    /// <summary>A page of the server's conversations, the newest first; from the start without <paramref name="pageId"/>.</summary>
    public Task<RestResult> SearchAsync(V1Endpoint endpoint, string? pageId, int limit, CancellationToken cancellationToken)
    {
        var page = pageId is null ? "" : $"&page_id={Uri.EscapeDataString(pageId)}";
        return GetAsync(endpoint,
            $"{Root}/search?limit={limit.ToString(CultureInfo.InvariantCulture)}&sort_order=CREATED_AT_DESC{page}", cancellationToken);
    }

    public Task<RestResult> FindAsync(V1Endpoint endpoint, Guid conversation, CancellationToken cancellationToken) =>
        GetAsync(endpoint, PathOf(conversation), cancellationToken);

    /// <summary>Makes a conversation: 201, or 200 when it is there. May take long: tools are started first.</summary>
    public Task<RestResult> CreateAsync(V1Endpoint endpoint, JObject request, CancellationToken cancellationToken) =>
        rest.SendAsync(HttpMethod.Post, endpoint, Root, request, _createLimit, cancellationToken);

    public Task<RestResult> RenameAsync(V1Endpoint endpoint, Guid conversation, string title, CancellationToken cancellationToken) =>
        RenameAsync(rest, endpoint, conversation, title, _limit, cancellationToken);

    /// <summary>Older servers answer 200 and <c>success:false</c> for one that they do not know: here it is 404 with all.</summary>
    public static async Task<RestResult> RenameAsync(
        V1RestClient rest, V1Endpoint endpoint, Guid conversation, string title, TimeSpan limit, CancellationToken cancellationToken)
    {
        var result = await rest.SendAsync(
            HttpMethod.Patch, endpoint, PathOf(conversation), new JObject { ["title"] = title }, limit, cancellationToken);
        return result is { IsSuccess: true, Object: { } answer } && answer.Member("success") is JValue { Value: false }
            ? new RestResult(404, answer)
            : result;
    }

    /// <summary>Older servers answer 400 for a conversation that they do not know: here it is 404 with all.</summary>
    public async Task<RestResult> DeleteAsync(V1Endpoint endpoint, Guid conversation, CancellationToken cancellationToken)
    {
        var result = await rest.SendAsync(HttpMethod.Delete, endpoint, PathOf(conversation), null, _limit, cancellationToken);
        return result is { Status: 400, Body: not null } ? new RestResult(404, result.Body) : result;
    }

    /// <summary>Ends what the agent does now: at once where the server can, else between two steps.</summary>
    public async Task<RestResult> StopAsync(V1Endpoint endpoint, Guid conversation, CancellationToken cancellationToken)
    {
        var result = await rest.SendAsync(HttpMethod.Post, endpoint, $"{PathOf(conversation)}/interrupt", null, _limit, cancellationToken);
        return result.Status is 404 or 405
            ? await rest.SendAsync(HttpMethod.Post, endpoint, $"{PathOf(conversation)}/pause", null, _limit, cancellationToken)
            : result;
    }

    /// <summary>The names of all models that the server knows; older servers have no such route.</summary>
    public Task<RestResult> ModelsAsync(V1Endpoint endpoint, CancellationToken cancellationToken) =>
        GetAsync(endpoint, "api/llm/models", cancellationToken);

    /// <summary>The models that the server's makers have tried, by provider: among them those that they offer themselves.</summary>
    public Task<RestResult> VerifiedModelsAsync(V1Endpoint endpoint, CancellationToken cancellationToken) =>
        GetAsync(endpoint, "api/llm/models/verified", cancellationToken);

    private static string PathOf(Guid conversation) => $"{Root}/{conversation:D}";

    private Task<RestResult> GetAsync(V1Endpoint endpoint, string path, CancellationToken cancellationToken) =>
        rest.SendAsync(HttpMethod.Get, endpoint, path, null, _limit, cancellationToken);
}
