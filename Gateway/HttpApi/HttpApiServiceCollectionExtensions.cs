using Gateway.HttpApi.Conventions;
using Gateway.HttpApi.ConversationAgent;
using Gateway.HttpApi.ConversationEvents;
using Gateway.HttpApi.ConversationFiles;
using Gateway.HttpApi.ConversationGit;
using Gateway.HttpApi.ConversationRuntime;
using Gateway.HttpApi.Conversations;
using Gateway.HttpApi.Feedback;
using Gateway.HttpApi.Git;
using Gateway.HttpApi.GitProviders;
using Gateway.HttpApi.OpenApi;
using Gateway.HttpApi.Secrets;
using Gateway.HttpApi.Server;
using Gateway.HttpApi.Settings;
using Gateway.HttpApi.UiOptions;

using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Gateway.HttpApi;

/// <summary>How a host takes V0's REST in. Stateless.</summary>
internal static class HttpApiServiceCollectionExtensions
{
    /// <summary>Requests that carry files have their own limit of time.</summary>
    public const string TransferPolicy = "transfer";

    public static IServiceCollection AddHttpApi(this IServiceCollection services)
    {
        services.AddResponseCompression();
        services.Replace(ServiceDescriptor.Singleton<IResponseCompressionProvider, AnswerCompression>());
        services.AddOptions<HttpApiOptions>().BindConfiguration(HttpApiOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<HttpApiOptions>, HttpApiOptionsValidator>();
        services.AddSingleton(static provider => provider.GetRequiredService<IOptions<HttpApiOptions>>().Value);
        services.AddSingleton<CrossOriginPolicy>();
        services.AddSingleton<HttpApiMetrics>();
        services.AddSingleton<RequestRate>();
        services.AddSingleton<UiModels>();
        services.AddSingleton<AgentEndpoints>();
        services.AddSingleton<EventEndpoints>();
        services.AddSingleton<FileEndpoints>();
        services.AddSingleton<GitEndpoints>();
        services.AddSingleton<UserSettings>();
        services.AddSingleton<ConversationList>();
        services.AddSingleton<PageLoads>();
        services.AddSingleton<ConversationCreation>();
        services.AddSingleton<UserSecrets>();
        services.AddGit();
        services.AddApiDocument();
        services.AddRequestTimeouts();
        services.AddOptions<RequestTimeoutOptions>().Configure<HttpApiOptions>(static (timeouts, options) =>
        {
            timeouts.DefaultPolicy = Policy(options.RequestTimeout);
            timeouts.AddPolicy(TransferPolicy, Policy(options.TransferTimeout));
        });
        return services;
    }

    /// <summary>Requests with the prefix of the address that browsers know are understood as those without.</summary>
    public static void UsePublicPath(this IApplicationBuilder app)
    {
        var publicUrl = app.ApplicationServices.GetRequiredService<HttpApiOptions>().PublicUrl;
        if (publicUrl.Length > 0)
        {
            app.UsePathBase(new Uri(publicUrl).AbsolutePath.TrimEnd('/'));
        }
    }

    /// <summary>
    /// What holds for every request that is not <c>/socket.io</c>'s. To be called after that is mapped and before any route; routes and
    /// files are served behind it.
    /// </summary>
    public static IApplicationBuilder UseHttpApi(this IApplicationBuilder app)
    {
        app.UseMiddleware<ApiPipeline>();
        if (app.ApplicationServices.GetRequiredService<HttpApiOptions>().Compression)
        {
            app.UseResponseCompression();
        }

        app.UseHeadAsGet(static inner => inner.UseRouting());
        return app.UseRequestTimeouts();
    }

    /// <summary>Every route of V0's that is served.</summary>
    public static void MapHttpApi(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapServer();
        endpoints.MapUiOptions();
        endpoints.MapConversations();
        endpoints.MapSettings();
        endpoints.MapSecrets();
        endpoints.MapGitProviders();
        endpoints.MapUser();
        endpoints.MapConversationRuntime();
        endpoints.MapFeedback();
        var services = endpoints.ServiceProvider;
        services.GetRequiredService<AgentEndpoints>().Map(endpoints);
        services.GetRequiredService<EventEndpoints>().Map(endpoints);
        services.GetRequiredService<FileEndpoints>().Map(endpoints);
        services.GetRequiredService<GitEndpoints>().Map(endpoints);
        endpoints.MapGatewayStatus();
        endpoints.MapApiDocument();
    }

    private static RequestTimeoutPolicy Policy(TimeSpan timeout) =>
        new()
        {
            Timeout = timeout,
            TimeoutStatusCode = StatusCodes.Status500InternalServerError,
            WriteTimeoutResponse = ApiPipeline.AnswerTimeoutAsync
        };
}
