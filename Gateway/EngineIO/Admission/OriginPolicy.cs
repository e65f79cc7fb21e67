using System.Collections.Frozen;

using Microsoft.Net.Http.Headers;

namespace Gateway.EngineIO.Admission;

/// <summary>Which pages may connect, and the CORS headers that tell browsers so. Immutable; any thread.</summary>
internal sealed class OriginPolicy(EngineOptions options)
{
    private const string Methods = "OPTIONS, GET, POST";

    private readonly bool _any = options.AllowsAnyOrigin;

    // Scheme and host compare without case (RFC 6454), and an origin has nothing else.
    private readonly FrozenSet<string> _allowed = (options.AllowedOrigins ?? []).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Sets the CORS headers, errors included. False when the request comes from a page that may not connect.</summary>
    public bool TryApply(HttpContext context)
    {
        string? origin = context.Request.Headers.Origin;
        if (string.IsNullOrEmpty(origin))
        {
            // Not a page: a program, or a page of this very origin.
            return true;
        }

        context.Response.Headers.Append(HeaderNames.Vary, HeaderNames.Origin);
        if (!_any && !_allowed.Contains(origin))
        {
            return false;
        }

        // The origin itself and not *, because clients with credentials need it; so does V0.
        context.Response.Headers.AccessControlAllowOrigin = origin;
        context.Response.Headers.AccessControlAllowCredentials = "true";
        return true;
    }

    /// <summary>Answers a preflight that <see cref="TryApply"/> let through.</summary>
    public static void AnswerPreflight(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.AccessControlAllowMethods = Methods;
        if (context.Request.Headers.AccessControlRequestHeaders is { Count: > 0 } wanted)
        {
            headers.AccessControlAllowHeaders = wanted;
        }

        headers.AccessControlMaxAge = "600";
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}
