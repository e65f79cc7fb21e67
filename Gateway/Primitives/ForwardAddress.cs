using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Primitives;

/// <summary>Where a request goes that is passed on to a server below whose base address it stands. Pure.</summary>
internal static class ForwardAddress
{
    /// <summary>
    /// The path, in the spelling in which it came where that matters (<c>%2F</c>), below the server's own; null when it would leave that.
    /// </summary>
    /// <param name="server">The server's base address; a path in it is kept.</param>
    /// <param name="prefix">What stands before <paramref name="path"/> in the address that the client knows.</param>
    /// <param name="query">With its question mark, or empty.</param>
    public static Uri? Of(HttpContext context, Uri server, PathString path, string prefix, string query)
    {
        var written = path.ToUriComponent();
        if (path.Value?.Contains('%', StringComparison.Ordinal) is true
            && context.Features.Get<IHttpRequestFeature>()?.RawTarget.Split('?')[0] is { } sent
            && sent.StartsWith(prefix + "/", StringComparison.Ordinal))
        {
            written = sent[prefix.Length..];
        }

        return Uri.TryCreate($"{server.AbsoluteUri.TrimEnd('/')}{written}{query}", UriKind.Absolute, out var address)
            && address.AbsolutePath.StartsWith(server.AbsolutePath, StringComparison.Ordinal)
            ? address
            : null;
    }

    /// <summary>Whether the request asks for a WebSocket, over HTTP/1.1 or HTTP/2.</summary>
    public static bool IsSocket(HttpContext context) =>
        context.Features.Get<IHttpUpgradeFeature>()?.IsUpgradableRequest is true
        || context.Features.Get<IHttpExtendedConnectFeature>()?.IsExtendedConnect is true;
}
