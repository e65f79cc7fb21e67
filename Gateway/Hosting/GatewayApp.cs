using Gateway.Access;
using Gateway.Agents;
using Gateway.Agents.V0;
using Gateway.Agents.V1.Proxy;
using Gateway.Cluster;
using Gateway.Conversations;
using Gateway.Conversations.Storage;
using Gateway.Conversations.Storage.Files;
using Gateway.Conversations.Storage.Postgres;
using Gateway.Conversations.Workspaces.Local;
using Gateway.EngineIO;
using Gateway.Hosting.Settings;
using Gateway.HttpApi;
using Gateway.Operations;
using Gateway.Operations.AdminUi;
using Gateway.Operations.Health;
using Gateway.Operations.Operators;
using Gateway.Operations.Operators.Recordings;
using Gateway.Operations.Telemetry;
using Gateway.SocketIO.Namespaces;
using Gateway.Tools.RecordedAgent;
using Gateway.Web;

using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Gateway.Hosting;

/// <summary>The composition root: settings, services and endpoints of the whole program.</summary>
internal static partial class GatewayApp
{
    private const string SocketPath = "/socket.io";

    // V0's parameter, and what log lines call it.
    private const string ConversationLabel = "conversation_id";

    /// <summary>
    /// Builds the program, ready to run. Settings come from <c>appsettings.json</c>, the environment and <paramref name="args"/>, later
    /// ones winning; <paramref name="configure"/> is for what a caller within the process adds. Throws
    /// <see cref="OptionsValidationException"/> with every bad setting.
    /// </summary>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = CreateBuilder(args);
        builder.UseGatewayLog();
        builder.Services.AddSystemd();
        builder.Services.AddWindowsService(static service => service.ServiceName = nameof(Gateway));
        if (!ListenAddresses.IsConfigured(builder.Configuration))
        {
            builder.WebHost.UseUrls(ListenAddresses.Default);
        }

        builder.ListenForOperators();

        // Its limits too can be set: by itself Kestrel reads no more than its addresses and certificates.
        builder.Services.Configure<KestrelServerOptions>(builder.Configuration.GetSection("Kestrel"));
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.AddServerHeader = false);
        builder.AddTrustedProxies();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddEngineIO();
        builder.Services.AddSocketIO();
        builder.Services.AddAccess();
        builder.Services.AddHttpApi();
        builder.Services.AddWebFiles();
        builder.Services.AddConversationStorage(builder.Configuration);
        builder.Services.AddCluster(builder.Configuration);
        builder.Services.AddConversations();
        builder.Services.AddWorkspaces();
        builder.Services.AddAgents(builder.Configuration);
        builder.Services.AddV1Proxy(builder.Configuration);
        builder.Services.AddOperations();
        builder.Services.AddOperator(builder.Configuration);
        builder.Services.AddAdminUi(builder.Configuration);
        builder.Services.AddSingleton<IRecordingFiles, HarRecordings>();
        builder.Services.AddSingleton<IShownSettings>(new ShownSettings(builder.Configuration));
        builder.Services.AddTelemetry(builder.Configuration);
        if (AgentOptions.Parse(builder.Configuration[AgentOptions.Key]) == AgentKind.Recorded)
        {
            builder.Services.AddRecordedAgent();
        }

        builder.Services.PostConfigure<EngineOptions>(static engine => engine.LogQueryKeys.Add(ConversationLabel));
        configure?.Invoke(builder);

        var app = builder.Build();
        SettingsCheck.Run(app.Services, builder.Services, builder.Configuration);
        if (app.Services.GetRequiredService<IOptions<EngineOptions>>().Value.AllowsAnyOrigin)
        {
            Log.AnyOrigin(app.Logger);
        }

        Map(app);
        app.Lifetime.ApplicationStarted.Register(() => SayListening(app));
        return app;
    }

    /// <summary>The settings, as the program reads them; nothing else is there yet.</summary>
    public static WebApplicationBuilder CreateBuilder(string[] args)
    {
        // Settings are read once. Whoever waits for a file of them to change watches the working directory and all below it: the store too,
        // when that is there, and every event that is stored.
        var builder = WebApplication.CreateSlimBuilder(["--hostBuilder:reloadConfigOnChange=false", .. args]);

        // What else the other builder has is looked for at each start, and not used here: QUIC, IIS, logs that UseGatewayLog takes out.
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Configuration.AddV0Settings();
        return builder;
    }

    /// <summary>Once the addresses are bound: what follows is true, and a port that was left to the system is known.</summary>
    private static void SayListening(WebApplication app)
    {
        Log.Listening(
            app.Logger,
            string.Join(", ", app.Urls.Select(static url => $"{ListenAddresses.ForClients(url)}{SocketPath}/")),
            StorageOptions.KindOf(app.Configuration) == StorageKind.Postgres
                ? "PostgreSQL"
                : app.Services.GetRequiredService<IOptions<FileStorageOptions>>().Value.ExpandedRoot(),
            AgentOptions.Parse(app.Configuration[AgentOptions.Key]) ?? AgentKind.None,
            KeyState(app.Services.GetRequiredService<IOptions<AccessOptions>>().Value));
        if (StorageOptions.KindOf(app.Configuration) == StorageKind.Files
            && !string.IsNullOrEmpty(app.Configuration[$"{PostgresStorageOptions.Section}:{nameof(PostgresStorageOptions.ConnectionString)}"]))
        {
            Log.DatabaseNotUsed(app.Logger);
        }

        Log.Settings(app.Logger, app.Environment.ContentRootPath, app.Environment.EnvironmentName);
    }

    private static string KeyState(AccessOptions access) =>
        access.Mode != AccessMode.Open ? $"not used (Access:Mode {access.Mode})"
        : access.SessionApiKey.Length > 0 ? "required"
        : "not asked for";

    private static void Map(WebApplication app)
    {
        app.UseTrustedProxies();
        app.UseV0Server();
        var sockets = app.Services.GetRequiredService<SocketServer>();
        var conversations = app.Services.GetRequiredService<ConversationNamespace>();
        sockets.Of(ConversationNamespace.Main, conversations);
        if (app.Services.GetRequiredService<ConversationsOptions>().Namespaces)
        {
            sockets.OfEach(ConversationNamespace.Prefix, conversations, ConversationLabel);
        }

        sockets.MapAdminUi(app.Services);
        app.MapEngineIO(SocketPath, sockets);
        app.UseHandOver();
        app.UsePublicPath();
        app.UseV1Proxy();
        app.UseHttpApi();
        app.UseWebFiles();
        app.MapHttpApi();
        app.MapHealth();
        app.MapOperator();
        app.MapTelemetry();
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Pages of any origin may connect, as with V0; PERMITTED_CORS_ORIGINS names those that may.")]
        public static partial void AnyOrigin(ILogger logger);

        [LoggerMessage(
            2, LogLevel.Information, "Listening on {Addresses}; conversations in {Store}, agent {Agent}, session_api_key {KeyState}.")]
        public static partial void Listening(ILogger logger, string addresses, string store, AgentKind agent, string keyState);

        [LoggerMessage(
            4, LogLevel.Warning, "A database is set (DATABASE_URL), and conversations are kept in files: Storage:Kind is not Postgres.")]
        public static partial void DatabaseNotUsed(ILogger logger);

        [LoggerMessage(3, LogLevel.Information, "appsettings.json is looked for in {Folder}; the environment is {Environment}.")]
        public static partial void Settings(ILogger logger, string folder, string environment);
    }
}
