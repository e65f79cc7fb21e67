using System.Collections.Frozen;

namespace Gateway.HttpApi.Conventions;

/// <summary>
/// Which pages of other origins may read REST answers, and the headers that tell browsers so: as V0's server does it, which answers a
/// request of a foreign page all the same and only keeps the page from reading. Immutable; any thread. Source: PROTOCOL.md, "V0 REST".
/// </summary>
internal sealed class CrossOriginPolicy(HttpApiOptions options)
{
    private const string AnyOrigin = "*";

    private static readonly string[] s_methods = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

    private const string MaxAgeSeconds = "600";

    // Scheme and host compare without case (RFC 6454), and an origin has nothing else.
    private readonly FrozenSet<string>? _allowed = options.AllowedOrigins?.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Sets the headers of an answer to a page, or answers its preflight. True when the request has been answered.</summary>
    public async ValueTask<bool> ApplyAsync(HttpContext context)
    {
        string? origin = context.Request.Headers.Origin;
        if (string.IsNullOrEmpty(origin))
        {
            return false;
        }

        var headers = context.Response.Headers;
        headers.AccessControlAllowCredentials = "true";
        var isAllowed = Allows(origin);
        if (isAllowed)
        {
            headers.AccessControlAllowOrigin = origin;
            headers.Vary = "Origin";
        }

        if (!HttpMethods.IsOptions(context.Request.Method) || context.Request.Headers.AccessControlRequestMethod.Count == 0)
        {
            return false;
        }

        headers.Vary = "Origin";
        headers.AccessControlAllowMethods = string.Join(", ", s_methods);
        headers.AccessControlMaxAge = MaxAgeSeconds;
        if (context.Request.Headers.AccessControlRequestHeaders is { Count: > 0 } asked)
        {
            headers.AccessControlAllowHeaders = asked;
        }

        await AnswerPreflight(isAllowed, context.Request.Headers.AccessControlRequestMethod.ToString()).ExecuteAsync(context);
        return true;
    }

    private static ApiAnswer AnswerPreflight(bool isAllowed, string method)
    {
        string[] faults = [.. isAllowed ? [] : (string[])["origin"], .. s_methods.Contains(method) ? [] : (string[])["method"]];
        return faults.Length == 0
            ? ApiAnswer.OfText(StatusCodes.Status200OK, "OK")
            : ApiAnswer.OfText(StatusCodes.Status400BadRequest, $"Disallowed CORS {string.Join(", ", faults)}");
    }

    private bool Allows(string origin) => _allowed is { } allowed
        ? allowed.Contains(AnyOrigin) || allowed.Contains(origin)
        : Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Host is "localhost" or "127.0.0.1";
}
