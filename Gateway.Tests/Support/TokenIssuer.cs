using System.Security.Cryptography;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>
/// An identity provider with a key of its own: signs tokens, and tells its keys as a JWKS, in a file or over HTTP as OpenID Connect has
/// it. One test owns it; any thread.
/// </summary>
internal sealed class TokenIssuer : IAsyncDisposable
{
    public const string Audience = "gateway";

    private readonly WebApplication? _app;
    private ECDsaSecurityKey _key = NewKey();

    private TokenIssuer(WebApplication? app)
    {
        _app = app;
        app?.Run(AnswerAsync);
    }

    public string Name => _app?.Urls.First() ?? "https://issuer.test";

    /// <summary>While it is down it answers 503.</summary>
    public bool IsDown { get; set; }

    /// <summary>The public half of its key.</summary>
    public string KeySet => JsonConvert.SerializeObject(new { keys = new[] { PublicKey() } });

    public static TokenIssuer OfAFile() => new(app: null);

    public static async Task<TokenIssuer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var issuer = new TokenIssuer(builder.Build());
        await issuer._app!.StartAsync().WaitAsync(TestLimits.Step);
        return issuer;
    }

    /// <summary>Signs with another key from now on, and tells that one alone.</summary>
    public void ChangeKey() => _key = NewKey();

    /// <summary>A token of five minutes.</summary>
    public string Sign(
        DateTimeOffset now, string user, string? audience = null, string? issuer = null, Action<Dictionary<string, object>>? claims = null)
    {
        var all = new Dictionary<string, object> { ["sub"] = user };
        claims?.Invoke(all);
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer ?? Name,
            Audience = audience ?? Audience,
            NotBefore = now.UtcDateTime,
            IssuedAt = now.UtcDateTime,
            Expires = now.UtcDateTime + TimeSpan.FromMinutes(5),
            Claims = all,
            SigningCredentials = new SigningCredentials(_key, SecurityAlgorithms.EcdsaSha256),
        });
    }

    public ValueTask DisposeAsync() => _app?.DisposeAsync() ?? ValueTask.CompletedTask;

    // Of an elliptic curve: made in no time, which an RSA key is not.
    private static ECDsaSecurityKey NewKey() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256)) { KeyId = Guid.NewGuid().ToString("N") };

    private object PublicKey()
    {
        var shown = _key.ECDsa.ExportParameters(includePrivateParameters: false);
        return new
        {
            kty = "EC",
            crv = "P-256",
            use = "sig",
            kid = _key.KeyId,
            x = Base64UrlEncoder.Encode(shown.Q.X),
            y = Base64UrlEncoder.Encode(shown.Q.Y),
        };
    }

    private Task AnswerAsync(HttpContext context)
    {
        context.Response.StatusCode = IsDown ? 503 : 200;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(context.Request.Path == "/keys"
            ? KeySet
            : new JObject { ["issuer"] = Name, ["jwks_uri"] = $"{Name}/keys" }.ToString());
    }
}
