using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Upstream;

/// <summary>Why there is no server for a conversation now.</summary>
internal enum LookupProblem
{
    None,

    /// <summary>Not reachable, or the sandbox is not running: worth another try.</summary>
    NotReady,
    NotFound,
    Unauthorized,
}

/// <summary>The server of a conversation, or why there is none.</summary>
internal readonly record struct EndpointResult(V1Endpoint? Endpoint, LookupProblem Problem);

/// <summary>Finds the server of a conversation. Thread-safe; asked before every connection, because sandboxes move.</summary>
internal interface IEndpointLookup
{
    ValueTask<EndpointResult> FindAsync(Guid conversation, CancellationToken cancellationToken);

    /// <summary>The one server of all conversations; null where each may have its own.</summary>
    V1Endpoint? Shared { get; }
}

/// <summary>One agent-server for all conversations. Stateless.</summary>
internal sealed class FixedEndpoint(V1Endpoint endpoint) : IEndpointLookup
{
    public ValueTask<EndpointResult> FindAsync(Guid conversation, CancellationToken cancellationToken) =>
        new(new EndpointResult(endpoint, LookupProblem.None));

    public V1Endpoint Shared => endpoint;
}

/// <summary>Asks the app server, which keeps a sandbox for each conversation (PROTOCOL.md, "V1 app server"). Stateless.</summary>
internal sealed class AppServerLookup(V1Endpoint appServer, V1RestClient rest) : IEndpointLookup
{
    private const string ConversationPath = "/api/conversations/";

    public V1Endpoint? Shared => null;

    public async ValueTask<EndpointResult> FindAsync(Guid conversation, CancellationToken cancellationToken)
    {
        var answer = await rest
            .GetAsync(appServer, $"api/v1/app-conversations?ids={ConversationUuid.Hex(conversation)}", cancellationToken);
        if (answer.IsUnauthorized)
        {
            return new EndpointResult(null, LookupProblem.Unauthorized);
        }

        return answer.IsSuccess ? Read(answer.Body) : new EndpointResult(null, LookupProblem.NotReady);
    }

    /// <summary>The answer is a list with null for an unknown id, in some versions inside <c>items</c>.</summary>
    internal static EndpointResult Read(JToken? body)
    {
        var list = body as JArray ?? (body as JObject)?["items"] as JArray;
        if (list?.OfType<JObject>().FirstOrDefault() is not { } found)
        {
            return new EndpointResult(null, LookupProblem.NotFound);
        }

        var address = found.Text("conversation_url");
        var end = address.LastIndexOf(ConversationPath, StringComparison.Ordinal);
        var isRunning = found.TextOrNull("sandbox_status") is null or "RUNNING";
        if (!isRunning || end < 0 || !Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            return new EndpointResult(null, LookupProblem.NotReady);
        }

        return new EndpointResult(V1Endpoint.Create(address[..end], found.TextOrNull("session_api_key")), LookupProblem.None);
    }
}
