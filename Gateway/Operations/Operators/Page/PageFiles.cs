using System.Reflection;

using Microsoft.Net.Http.Headers;

namespace Gateway.Operations.Operators.Page;

/// <summary>
/// The page's own files, which the program carries in itself. They hold nothing of the server's state; the script and the style are given
/// to whoever may find the routes, because the page to sign in needs them. Stateless; any thread.
/// </summary>
internal static class PageFiles
{
    // Nothing but the page's own files, from this origin: no script or style in the page itself, and no other host is asked for anything.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
        + "base-uri 'none'; frame-ancestors 'none'";

    private static readonly Dictionary<string, (byte[] Content, string Type)> s_files = new(StringComparer.Ordinal)
    {
        ["operator.js"] = (Read("operator.js"), "text/javascript; charset=utf-8"),
        ["tables.js"] = (Read("tables.js"), "text/javascript; charset=utf-8"),
        ["detail.js"] = (Read("detail.js"), "text/javascript; charset=utf-8"),
        ["sign-in.js"] = (Read("sign-in.js"), "text/javascript; charset=utf-8"),
        ["operator.css"] = (Read("operator.css"), "text/css; charset=utf-8"),
    };

    private static readonly byte[] s_page = Read("operator.html");
    private static readonly byte[] s_signIn = Read("sign-in.html");

    public static IResult ServePage() => Results.Bytes(s_page, "text/html; charset=utf-8");

    public static IResult ServeSignIn() => Results.Bytes(s_signIn, "text/html; charset=utf-8");

    public static IResult ServeFile(string name, HttpContext context, OperatorAccess access) =>
        access.IsFound(context) && s_files.TryGetValue(name, out var file) ? Results.Bytes(file.Content, file.Type) : Results.NotFound();

    /// <summary>
    /// What holds for every answer of the operators' routes: a page runs no script but its own, nothing is kept by caches, and pages of
    /// other origins are told nothing, whatever the rest of the server lets them read.
    /// </summary>
    public static TBuilder WithPageHeaders<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Finally(static endpoint =>
        {
            var serve = endpoint.RequestDelegate ?? throw new InvalidOperationException("A route without a handler.");
            endpoint.RequestDelegate = context =>
            {
                context.Response.OnStarting(static state => Apply((IHeaderDictionary)state), context.Response.Headers);
                return serve(context);
            };
        });
        return builder;
    }

    private static Task Apply(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = Policy;
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        headers.XFrameOptions = "DENY";
        headers.Remove(HeaderNames.AccessControlAllowOrigin);
        headers.Remove(HeaderNames.AccessControlAllowCredentials);
        return Task.CompletedTask;
    }

    private static byte[] Read(string name)
    {
        using var resource = Assembly.GetExecutingAssembly().GetManifestResourceStream($"operator/{name}")
            ?? throw new InvalidOperationException($"The program does not carry {name}.");
        using var bytes = new MemoryStream();
        resource.CopyTo(bytes);
        return bytes.ToArray();
    }
}
