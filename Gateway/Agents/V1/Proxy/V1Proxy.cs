using System.Text;

using Gateway.Primitives;
using Gateway.Primitives.Json;

using Microsoft.AspNetCore.Http;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Proxy;

/// <summary>
/// Takes what is V1's out of the pipeline and passes it through to the agent-server. What V0's REST asks of its requests (its rate, its
/// sizes) does not hold for them. Any thread. Source: docs/v1.md, "One port".
/// </summary>
internal sealed class V1Proxy(RequestDelegate next, ProxyRoutes routes, ProxyAccess access, ProxyTarget target, V1Forwarder forwarder,
    V1Metrics metrics)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var choice = routes.Choose(context.Request);
        switch (choice.Version)
        {
            case ApiVersion.V0:
                await next(context);
                break;
            case ApiVersion.V1:
                await PassAsync(context, choice);
                break;
            default:
                await ProxyAnswer.WriteAsync(context, StatusCodes.Status400BadRequest, $"{ProxyRoutes.Header} must be v0 or v1");
                break;
        }
    }

    private async Task PassAsync(HttpContext context, ApiChoice choice)
    {
        var isSocket = ForwardAddress.IsSocket(context);
        var admission = await access.JudgeAsync(context, choice.Path, isSocket);
        if (admission.IsRefused)
        {
            await ProxyAnswer.WriteAsync(context, StatusCodes.Status401Unauthorized, "Unauthorized");
            return;
        }

        if (target.AddressOf(context, choice, admission.Exchange, isSocket) is not { } address)
        {
            await ProxyAnswer.WriteAsync(context, StatusCodes.Status400BadRequest, "Bad request");
            return;
        }

        if (admission.MayShowKeyLater)
        {
            FirstMessageUpgrade.Install(context, message => ExchangeAsync(context, message));
        }

        var transformer = new ProxyTransformer(address, ProxyTarget.PrefixOf(context.Request, choice), admission);
        metrics.PassedOn(isSocket);
        if (!isSocket)
        {
            await forwarder.ForwardAsync(context, transformer, isSocket);
            return;
        }

        metrics.SocketsOpen(1);
        try
        {
            await forwarder.ForwardAsync(context, transformer, isSocket);
        }
        finally
        {
            metrics.SocketsOpen(-1);
        }
    }

    /// <summary>The first message of a socket with V1's key in the place of the gateway's; null when it shows another or none.</summary>
    private async ValueTask<byte[]?> ExchangeAsync(HttpContext context, ReadOnlyMemory<byte> message)
    {
        if (!JsonTree.TryReadObject(message.Span, out var auth)
            || auth.Text("type") != "auth"
            || await access.ExchangeAsync(context, auth.Text(KeyExchange.Parameter)) is not { } v1Key)
        {
            return null;
        }

        auth[KeyExchange.Parameter] = v1Key;
        return Encoding.UTF8.GetBytes(auth.ToString(Formatting.None));
    }
}

/// <summary>An answer of the gateway's own where V1's is missing, in V1's form. Stateless.</summary>
internal static class ProxyAnswer
{
    public static Task WriteAsync(HttpContext context, int status, string detail)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync(new JObject { ["detail"] = detail }.ToString(Formatting.None), context.RequestAborted);
    }
}
