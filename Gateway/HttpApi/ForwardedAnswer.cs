using Gateway.Conversations;

namespace Gateway.HttpApi;

/// <summary>The answer of the server behind this one, to the request as it came. Stateless.</summary>
internal sealed class ForwardedAnswer(IConversationsElsewhere elsewhere) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) => elsewhere.ForwardAsync(httpContext);
}
