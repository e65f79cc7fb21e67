using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.Access.Jwt;

/// <summary>What became of a token.</summary>
/// <param name="Token">Null when it is not taken.</param>
/// <param name="Outcome">A fixed text: <c>accepted</c>, or why not.</param>
internal readonly record struct CheckedToken(JsonWebToken? Token, string Outcome);

/// <summary>
/// Checks a token as ASP.NET Core's JwtBearer does, by the keys of an authority or a key set, which are fetched when they are first needed
/// and again when they change. One instance for the process; any thread.
/// </summary>
internal sealed class TokenChecker : IDisposable
{
    public const string KeysUnavailable = "keys_unavailable";
    public const string Expired = "expired";

    private const int MaxTokenBytes = 16 * 1_024;

    // A provider that has changed its keys is asked again, and not for every token with an invented key.
    private static readonly TimeSpan s_shortestRefresh = TimeSpan.FromSeconds(30);

    private readonly JwtBearerOptions _bearer;
    private readonly ConfigurationManager<OpenIdConnectConfiguration> _keys;
    private readonly TokenHandler _handler;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _timeProvider;

    public TokenChecker(JwtOptions options, TimeProvider timeProvider)
    {
        _timeout = options.Timeout;
        _timeProvider = timeProvider;
        _bearer = new JwtBearerOptions
        {
            Authority = options.Authority,
            RequireHttpsMetadata = options.RequireHttps,
            MapInboundClaims = false,
            BackchannelTimeout = options.Timeout,
            RefreshInterval = s_shortestRefresh,
            TokenValidationParameters = ParametersOf(options, timeProvider),
        };
        _bearer.Backchannel = new HttpClient { Timeout = options.Timeout, MaxResponseContentBufferSize = 1_024 * 1_024 };
        if (options.KeySet.Length > 0)
        {
            IDocumentRetriever documents = KeySetRetriever.IsAddress(options.KeySet)
                ? new HttpDocumentRetriever(_bearer.Backchannel) { RequireHttps = options.RequireHttps }
                : new FileDocumentRetriever();
            _bearer.ConfigurationManager = new ConfigurationManager<OpenIdConnectConfiguration>(
                options.KeySet, new KeySetRetriever(), documents)
            {
                RefreshInterval = s_shortestRefresh,
            };
        }

        new JwtBearerPostConfigureOptions().PostConfigure(JwtBearerDefaults.AuthenticationScheme, _bearer);
        _keys = _bearer.ConfigurationManager as ConfigurationManager<OpenIdConnectConfiguration>
            ?? throw new InvalidOperationException("Neither an authority nor a key set.");
        _bearer.TokenValidationParameters.ConfigurationManager = _keys;
        _handler = _bearer.TokenHandlers[0];
        _handler.MaximumTokenSizeInBytes = MaxTokenBytes;
    }

    /// <summary>Never throws for what is wrong with the token, nor for keys that do not come.</summary>
    public async ValueTask<CheckedToken> CheckAsync(string token, CancellationToken cancellationToken)
    {
        if (!await HasKeysAsync(cancellationToken))
        {
            return new CheckedToken(null, KeysUnavailable);
        }

        // A key that is not known may be newer than those that are: the handler then has them read anew, and looks again. It notes that in
        // the parameters, so they are this token's.
        var result = await _handler.ValidateTokenAsync(token, _bearer.TokenValidationParameters.Clone());
        if (result is { IsValid: true, SecurityToken: JsonWebToken valid })
        {
            return new CheckedToken(valid, "accepted");
        }

        return new CheckedToken(null, OutcomeOf(result.Exception));
    }

    public void Dispose() => _bearer.Backchannel.Dispose();

    private static string OutcomeOf(Exception? exception) => exception switch
    {
        SecurityTokenExpiredException => Expired,
        SecurityTokenNotYetValidException => "not_yet_valid",
        SecurityTokenInvalidAudienceException => "audience",
        SecurityTokenInvalidIssuerException => "issuer",
        SecurityTokenInvalidSignatureException => "signature",
        _ => "invalid",
    };

    private static TokenValidationParameters ParametersOf(JwtOptions options, TimeProvider timeProvider) => new()
    {
        ValidAudience = options.Audience,
        ValidIssuer = options.Issuer.Length > 0 ? options.Issuer : null,
        LifetimeValidator = (notBefore, expires, _, _) => IsInItsTime(notBefore, expires, options.ClockSkew, timeProvider),
    };

    /// <summary>As the library's own check, by the clock of the process.</summary>
    private static bool IsInItsTime(DateTime? notBefore, DateTime? expires, TimeSpan skew, TimeProvider timeProvider)
    {
        var now = timeProvider.GetUtcNow().UtcDateTime;
        return expires is not { } end ? throw new SecurityTokenNoExpirationException("The token has no end.")
            : end + skew <= now ? throw new SecurityTokenExpiredException("The token has ended.")
            : notBefore - skew > now ? throw new SecurityTokenNotYetValidException("The token has not begun.")
            : true;
    }

    private async ValueTask<bool> HasKeysAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _keys.GetConfigurationAsync(CancellationToken.None).WaitAsync(_timeout, _timeProvider, cancellationToken);
            return true;
        }
        catch (Exception exception) when (exception is InvalidOperationException or TimeoutException or IOException)
        {
            return false;
        }
    }
}
