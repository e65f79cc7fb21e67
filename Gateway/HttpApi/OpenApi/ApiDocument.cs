using Gateway.HttpApi.Conventions;

using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

using Scalar.AspNetCore;

namespace Gateway.HttpApi.OpenApi;

/// <summary>
/// All REST routes as a document, <c>/openapi.json</c>, and as a page, <c>/docs</c>: at V0's addresses, and open without a key as V0's
/// are. Stateless.
/// </summary>
internal static class ApiDocument
{
    public const string Path = "/openapi.json";
    public const string PagePath = "/docs";

    private const string Name = "v0";

    // Nothing but the page's own script, which the package brings along: no other host is asked for anything.
    private const string PagePolicy =
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        + "font-src 'self' data:; frame-ancestors 'self'";

    public static IServiceCollection AddApiDocument(this IServiceCollection services) => services
        .AddOpenApi(Name, static options =>
        {
            options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
            options.AddOperationTransformer<DescribeRoutes>();
            options.AddDocumentTransformer(static (document, _, _) =>
            {
                Complete(document);
                return Task.CompletedTask;
            });
        })
        .AddSingleton(static provider => new WrittenDocument(provider));

    /// <summary>To be called after all other routes.</summary>
    public static void MapApiDocument(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet(Path, static (WrittenDocument document, HttpContext context) => document.ReadAsync(context.RequestAborted))
            .ExcludeFromDescription();
        endpoints.MapScalarApiReference(PagePath, static (options, context) =>
        {
            context.Response.Headers.ContentSecurityPolicy = PagePolicy;
            options.WithTitle("Gateway: REST routes")
                .WithOpenApiRoutePattern(Path)
                .AddPreferredSecuritySchemes(DescribeRoutes.KeyScheme)
                .DisableDefaultFonts()
                .DisableTelemetry()
                .DisableAgent()
                .DisableMcp()
                .HideDeveloperTools()
                .HideClientButton();
        });
    }

    private static void Complete(OpenApiDocument document)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Gateway",
            Version = "0.62.0",
            Description = "The REST routes of the OpenHands V0 server 0.62.0, as Gateway serves them.",
        };
        document.Servers = [];
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [DescribeRoutes.KeyScheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Header,
                Name = "X-Session-API-Key",
                Description = "Asked for where the server has a key (SESSION_API_KEY).",
            },
        };
    }

    /// <summary>The document's bytes: written for the first request, and the same from then on. Any thread.</summary>
    private sealed class WrittenDocument(IServiceProvider services)
    {
        private readonly Lazy<Task<ApiAnswer>> _answer = new(() => WriteAsync(services));

        public async Task<IResult> ReadAsync(CancellationToken cancellationToken) => await _answer.Value.WaitAsync(cancellationToken);

        private static async Task<ApiAnswer> WriteAsync(IServiceProvider services)
        {
            var documents = services.GetRequiredKeyedService<IOpenApiDocumentProvider>(Name);
            var document = await documents.GetOpenApiDocumentAsync(CancellationToken.None);
            using var json = new MemoryStream();
            await document.SerializeAsJsonAsync(json, OpenApiSpecVersion.OpenApi3_1, CancellationToken.None);
            return ApiAnswer.OfJson(json.ToArray());
        }
    }
}
