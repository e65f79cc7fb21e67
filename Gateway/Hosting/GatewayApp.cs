using Gateway.Agents;
using Gateway.Conversations;
using Gateway.Conversations.Storage;
using Gateway.EngineIO;
using Gateway.HttpApi;
using Gateway.SocketIO.Namespaces;

using Microsoft.Extensions.Options;

namespace Gateway.Hosting;

/// <summary>The composition root: settings, services and endpoints of the whole program.</summary>
internal static partial class GatewayApp
{
    private const string SocketPath = "/socket.io";
    private const string DefaultUrl = "http://localhost:3000";

    /// <summary>
    /// Builds the program, ready to run. Settings come from <c>appsettings.json</c>, the environment and <paramref name="args"/>, later ones
    /// winning; <paramref name="configure"/> is for what a caller within the process adds. Throws <see cref="OptionsValidationException"/>
    /// with every bad setting.
    /// </summary>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.Configuration.AddV0Settings();
        builder.UseGatewayLog();
        if (builder.Configuration[WebHostDefaults.ServerUrlsKey] is null && !builder.Configuration.GetSection("Kestrel:Endpoints").Exists())
        {
            builder.WebHost.UseUrls(DefaultUrl);
        }

        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.AddServerHeader = false);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddEngineIO();
        builder.Services.AddSocketIO();
        builder.Services.AddConversationStorage();
        builder.Services.AddConversations();
        builder.Services.AddAgents(builder.Configuration);
        builder.Services.PostConfigure<EngineOptions>(static engine => engine.LogQueryKeys.Add("conversation_id"));
        configure?.Invoke(builder);

        var app = builder.Build();
        SettingsCheck.Run(app.Services, builder.Services);
        if (app.Services.GetRequiredService<IOptions<EngineOptions>>().Value.AllowsAnyOrigin)
        {
            Log.AnyOrigin(app.Logger);
        }

        Map(app);
        Log.Serving(
            app.Logger,
            SocketPath,
            app.Services.GetRequiredService<IOptions<StorageOptions>>().Value.ExpandedRoot(),
            AgentOptions.Parse(builder.Configuration[AgentOptions.Key]) ?? AgentKind.None,
            app.Services.GetRequiredService<IOptions<ConversationsOptions>>().Value.SessionApiKey.Length > 0 ? "required" : "not asked for");
        return app;
    }

    private static void Map(WebApplication app)
    {
        var sockets = app.Services.GetRequiredService<SocketServer>();
        sockets.Of("/", app.Services.GetRequiredService<ConversationNamespace>());
        app.MapEngineIO(SocketPath, sockets);
        app.MapGatewayStatus();
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Pages of any origin may connect, as with V0; PERMITTED_CORS_ORIGINS names those that may.")]
        public static partial void AnyOrigin(ILogger logger);

        [LoggerMessage(2, LogLevel.Information, "Socket.IO at {Path}, conversations in {Root}, agent {Agent}, session_api_key {KeyState}.")]
        public static partial void Serving(ILogger logger, string path, string root, AgentKind agent, string keyState);
    }
}
