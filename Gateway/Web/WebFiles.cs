using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Gateway.Web;

/// <summary>
/// The web UI's files at the root, behind all routes: a file, or for any other path the page itself, which finds its way by the address.
/// Paths of the server's own (<see cref="ServerPaths"/>) never give the page: what reads JSON there must not be given HTML. Source:
/// PROTOCOL.md, "V0 REST".
/// </summary>
internal static class WebFiles
{
    public const string IndexName = "index.html";

    private const string ImmutableFor30Days = "public, max-age=2592000, immutable";
    private const string NoCache = "no-cache, no-store, must-revalidate, max-age=0";

    /// <summary>The first segments of paths that are never the page's.</summary>
    public static readonly IReadOnlyList<PathString> ServerPaths = ["/api", "/socket.io", "/sockets"];

    /// <summary>What a build has that ASP.NET Core's own list lacks.</summary>
    private static readonly FileExtensionContentTypeProvider s_contentTypes = new()
    {
        Mappings =
        {
            [".js"] = "text/javascript; charset=utf-8",
            [".mjs"] = "text/javascript; charset=utf-8",
            [".css"] = "text/css; charset=utf-8",
            [".html"] = "text/html; charset=utf-8",
            [".txt"] = "text/plain; charset=utf-8",
            [".ico"] = "image/vnd.microsoft.icon",
            [".webmanifest"] = "application/manifest+json",
            [".map"] = "application/json",
        },
    };

    public static IServiceCollection AddWebFiles(this IServiceCollection services)
    {
        services.AddOptions<WebOptions>().BindConfiguration(WebOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<WebOptions>, WebOptionsValidator>();
        services.AddResponseCompression(static compression =>
        {
            // Files of a build hold no secret that a guessed prefix could find out (BREACH), and no answer of V0's REST holds one beside a
            // text that the request has chosen.
            compression.EnableForHttps = true;
            compression.MimeTypes =
                ["text/html", "text/css", "text/javascript", "text/plain", "application/json", "application/manifest+json",
                    "image/svg+xml"];
        });
        return services;
    }

    /// <summary>
    /// Serves the folder that the settings name, or without one a page of Gateway's own at <c>/</c>. To be called after routing: what a
    /// route answers is not touched. A request that this does not answer goes on.
    /// </summary>
    public static IApplicationBuilder UseWebFiles(this IApplicationBuilder app)
    {
        var root = app.ApplicationServices.GetRequiredService<IOptions<WebOptions>>().Value.Root;
        if (root.Length > 0)
        {
            // A page is read. As V0 does, whatever else is asked of a path that no route knows is told so.
            app.Use(static (context, next) =>
                context.GetEndpoint() is null && !IsRead(context.Request) ? RefuseMethod(context) : next(context));
        }

        return app.MapWhen(static context => context.GetEndpoint() is null && IsPagePath(context.Request), branch =>
        {
            branch.Use(SetCacheControl);
            branch.UseResponseCompression();
            if (root.Length == 0)
            {
                branch.Run(StartPage.ServeAsync);
                return;
            }

            var files = new LinkedFiles(root);
            branch.Use((context, next) => ChooseFileAsync(context, files, next));
            branch.UseStaticFiles(
                new StaticFileOptions { FileProvider = files, ContentTypeProvider = s_contentTypes, ServeUnknownFileTypes = true });
        });
    }

    private static bool IsPagePath(HttpRequest request) =>
        IsRead(request) && !ServerPaths.Any(path => request.Path.StartsWithSegments(path));

    private static bool IsRead(HttpRequest request) => HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);

    private static Task RefuseMethod(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
        return Task.CompletedTask;
    }

    /// <summary>
    /// A path without a file is the page's own; a missing asset is missing, or a browser would keep the page in its place for 30 days.
    /// </summary>
    private static Task ChooseFileAsync(HttpContext context, LinkedFiles files, RequestDelegate next)
    {
        var path = context.Request.Path;
        if (!files.GetFileInfo(path.Value ?? "").Exists)
        {
            if (IsAsset(path))
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
            }

            context.Request.Path = $"/{IndexName}";
        }

        return next(context);
    }

    private static Task SetCacheControl(HttpContext context, RequestDelegate next)
    {
        context.Response.OnStarting(static state =>
        {
            var (path, response) = ((PathString, HttpResponse))state;
            var isKept = IsAsset(path) && response.StatusCode < StatusCodes.Status400BadRequest;
            response.Headers.CacheControl = isKept ? ImmutableFor30Days : NoCache;
            if (isKept)
            {
                // What every other answer has would take back for old caches what the line above says.
                response.Headers.Remove(HeaderNames.Pragma);
                response.Headers.Remove(HeaderNames.Expires);
            }

            return Task.CompletedTask;
        }, (context.Request.Path, context.Response));
        return next(context);
    }

    private static bool IsAsset(PathString path) => path.StartsWithSegments("/assets");
}
