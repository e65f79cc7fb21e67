using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

using Gateway.Access;
using Gateway.Primitives;

using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Gateway.Operations;

/// <summary>Whether a request may use the operators' routes.</summary>
internal enum OperatorDecision
{
    /// <summary>There are no such routes here: no key is set, or the request came in by a port that is not theirs. 404.</summary>
    Absent,

    /// <summary>The request shows no key, or a wrong one. 401.</summary>
    Unknown,

    /// <summary>An operator.</summary>
    Allowed,
}

/// <summary>
/// Who is an operator: whoever shows <c>Operations:Key</c>, as <c>Authorization: Bearer</c> or <c>X-Operator-Key</c>, or a browser that
/// has done so before (<see cref="TrySignIn"/>) and has the cookie of that. The cookie holds its end and a mark over it that only the key
/// makes: nothing is kept here, several processes with one key take each other's, and another key ends them all. Immutable; any
/// thread.
/// </summary>
internal sealed partial class OperatorAccess
{
    public const string HeaderName = "X-Operator-Key";
    public const string CookieName = "gateway_operator";

    private const string Bearer = "Bearer ";
    private const string Purpose = "gateway operator sign-in ";

    private readonly SessionApiKey _key;
    private readonly byte[] _secret;
    private readonly int? _port;
    private readonly TimeSpan _lifetime;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;

    public OperatorAccess(IOptions<OperationsOptions> options, TimeProvider timeProvider, ILogger<OperatorAccess> logger)
    {
        _key = new SessionApiKey(options.Value.Key);
        _secret = SHA256.HashData(Encoding.UTF8.GetBytes(Purpose + options.Value.Key));
        _port = options.Value.Address.Length > 0 ? BindingAddress.Parse(options.Value.Address).Port : null;
        _lifetime = options.Value.SignInLifetime;
        _timeProvider = timeProvider;
        _logger = logger;
    }

    /// <summary>False without a key: the routes are not to be found then.</summary>
    public bool IsEnabled => _key.IsRequired;

    public OperatorDecision Decide(HttpContext context)
    {
        if (!IsFound(context))
        {
            return OperatorDecision.Absent;
        }

        string? authorization = context.Request.Headers.Authorization;
        var bearer = authorization?.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) is true ? authorization[Bearer.Length..] : null;
        string? header = context.Request.Headers[HeaderName];
        if (_key.Admits(bearer, header) || HasSignedIn(context))
        {
            return OperatorDecision.Allowed;
        }

        if (bearer is not null || header is not null)
        {
            Log.WrongKey(_logger, AddressText.Of(context.Connection.RemoteIpAddress));
        }

        return OperatorDecision.Unknown;
    }

    /// <summary>Whether the routes are answered at all on the connection of this request. A page to sign in asks this alone.</summary>
    public bool IsFound(HttpContext context) =>
        IsEnabled && (_port is null || context.Connection.LocalPort == _port);

    /// <summary>Gives the browser its cookie when the key is right. False, and nothing is set, when it is not.</summary>
    /// <param name="context">Its answer has not begun.</param>
    /// <param name="key">What somebody has typed.</param>
    public bool TrySignIn(HttpContext context, string? key)
    {
        if (!IsFound(context))
        {
            return false;
        }

        if (!_key.Admits(key))
        {
            Log.WrongKey(_logger, AddressText.Of(context.Connection.RemoteIpAddress));
            return false;
        }

        var end = (_timeProvider.GetUtcNow() + _lifetime).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        context.Response.Cookies.Append(CookieName, $"{end}.{MarkOf(end)}", CookieOf(context, _lifetime));
        return true;
    }

    /// <summary>Takes the cookie away.</summary>
    public static void SignOut(HttpContext context) => context.Response.Cookies.Delete(CookieName, CookieOf(context, lifetime: null));

    private static CookieOptions CookieOf(HttpContext context, TimeSpan? lifetime) => new()
    {
        HttpOnly = true,
        IsEssential = true,
        SameSite = Microsoft.AspNetCore.Http.SameSiteMode.Strict,
        Secure = context.Request.IsHttps,
        Path = context.Request.PathBase.HasValue ? context.Request.PathBase.Value : "/",
        MaxAge = lifetime,
    };

    private bool HasSignedIn(HttpContext context)
    {
        if (context.Request.Cookies[CookieName] is not { } cookie || !IsOfThisSite(context.Request))
        {
            return false;
        }

        var dot = cookie.IndexOf('.', StringComparison.Ordinal);
        return dot > 0
            && long.TryParse(cookie.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out var end)
            && CryptographicOperations.FixedTimeEquals(
                Encoding.UTF8.GetBytes(cookie[(dot + 1)..]), Encoding.UTF8.GetBytes(MarkOf(cookie[..dot])))
            && end > _timeProvider.GetUtcNow().ToUnixTimeSeconds();
    }

    /// <summary>
    /// A browser sends the cookie by itself. SameSite keeps pages of other sites from using that, and this one of another port: what
    /// changes something must come from a page of this very origin.
    /// </summary>
    private static bool IsOfThisSite(HttpRequest request)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        {
            return true;
        }

        string? origin = request.Headers[HeaderNames.Origin];
        return string.IsNullOrEmpty(origin)
            || (Uri.TryCreate(origin, UriKind.Absolute, out var uri)
                && string.Equals(uri.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase));
    }

    private string MarkOf(string end) => Base64Url.EncodeToString(HMACSHA256.HashData(_secret, Encoding.UTF8.GetBytes(end)));

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "An operators' key from {Address} is wrong.")]
        public static partial void WrongKey(ILogger logger, string address);
    }
}
