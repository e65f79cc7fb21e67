using System.Net;
using System.Security.Cryptography;
using System.Text;

using Gateway.Tools.Shadow;

using Newtonsoft.Json;

namespace Gateway.Cli;

/// <summary>
/// The operators' routes of a shadowing process: what it has found, and the switch. A server of its own, apart from V0's clients.
/// </summary>
internal static class ShadowOperators
{
    private const string Bearer = "Bearer ";

    // A browser remembers it and sends it with whatever page asks: it may look, and not switch.
    private const string Basic = "Basic ";
    private const string Header = "X-Operator-Key";

    /// <param name="key">Empty: loopback alone may look, and nobody may switch.</param>
    public static async Task<WebApplication> StartAsync(ShadowHost shadow, string address, string key, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(address);
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.AddServerHeader = false);
        var app = builder.Build();
        app.Use(async (context, next) =>
        {
            if (IsAllowed(context, key))
            {
                await next(context);
            }
            else
            {
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                context.Response.Headers.WWWAuthenticate = key.Length > 0 ? "Basic realm=\"shadow\", charset=\"UTF-8\"" : default;
            }
        });
        app.MapGet("/", (HttpContext context) =>
        {
            context.Response.Headers.CacheControl = "no-store";
            return Results.Text(ShadowPage.Of(shadow), "text/html", Encoding.UTF8);
        });
        app.MapGet("/shadow", () => Json(shadow));
        app.MapPost("/shadow/off", () =>
        {
            shadow.Switch.TurnOff("an operator turned it off");
            return Json(shadow);
        });
        app.MapPost("/shadow/on", () =>
        {
            shadow.Switch.TurnOn();
            return Json(shadow);
        });
        await app.StartAsync(cancellationToken);
        return app;
    }

    private static IResult Json(ShadowHost shadow) =>
        Results.Text(ShadowReport.Of(shadow).ToString(Formatting.None), "application/json", Encoding.UTF8);

    private static string PasswordOf(string credentials)
    {
        Span<byte> decoded = stackalloc byte[512];
        return Convert.TryFromBase64String(credentials, decoded, out var length)
            && Encoding.UTF8.GetString(decoded[..length]).Split(':', 2) is [_, var password] ? password : "";
    }

    // Without a key a page in a browser on this machine could reach the routes: it may read nothing under another name, and switch nothing.
    private static bool IsAllowed(HttpContext context, string key)
    {
        if (key.Length == 0)
        {
            var host = context.Request.Host.Host;
            var isLocal = host == "localhost" || (IPAddress.TryParse(host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
            return isLocal && HttpMethods.IsGet(context.Request.Method);
        }

        string? authorization = context.Request.Headers.Authorization;
        var shown = authorization?.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) is true ? authorization[Bearer.Length..]
            : authorization?.StartsWith(Basic, StringComparison.OrdinalIgnoreCase) is true
                && HttpMethods.IsGet(context.Request.Method) ? PasswordOf(authorization[Basic.Length..])
            : context.Request.Headers[Header].ToString();
        return CryptographicOperations.FixedTimeEquals(
            SHA256.HashData(Encoding.UTF8.GetBytes(shown)), SHA256.HashData(Encoding.UTF8.GetBytes(key)));
    }
}
