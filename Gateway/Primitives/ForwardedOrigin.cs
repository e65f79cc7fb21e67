using System.Net.Http.Headers;

namespace Gateway.Primitives;

/// <summary>The headers that say of a request that is handed on where it came from, as deploy/nginx.conf sets them. Stateless.</summary>
internal static class ForwardedOrigin
{
    private const string ForwardedFor = "X-Forwarded-For";
    private const string ForwardedHost = "X-Forwarded-Host";
    private const string ForwardedProto = "X-Forwarded-Proto";

    public static void Write(HttpContext context, HttpRequestHeaders headers)
    {
        var request = context.Request;
        Set(headers, ForwardedHost, request.Host.Value);
        Set(headers, ForwardedProto, request.Scheme);
        if (context.Connection.RemoteIpAddress is { } client)
        {
            var before = request.Headers[ForwardedFor].ToString();
            Set(headers, ForwardedFor, before.Length == 0 ? client.ToString() : $"{before}, {client}");
        }
    }

    /// <summary>Puts a header in the place of the client's own of that name.</summary>
    public static void Set(HttpRequestHeaders headers, string name, string? value)
    {
        headers.Remove(name);
        headers.TryAddWithoutValidation(name, value);
    }
}
