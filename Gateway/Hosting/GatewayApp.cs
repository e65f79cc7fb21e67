using Gateway.Agents;
using Gateway.Conversations;
using Gateway.Conversations.Storage;
using Gateway.EngineIO;
using Gateway.SocketIO;
using Gateway.SocketIO.Namespaces;

namespace Gateway.Hosting;

/// <summary>The composition root: settings, services and endpoints of the whole program.</summary>
internal static class GatewayApp
{
    public const string SocketPath = "/socket.io";
    private const string DefaultUrl = "http://localhost:3000";

    /// <summary>
    /// Builds the program, ready to run. Settings come from <c>appsettings.json</c>, the environment and <paramref name="args"/>, later ones
    /// winning; <paramref name="configure"/> is for what a caller within the process adds. Throws <see cref="Microsoft.Extensions.Options.OptionsValidationException"/>
    /// here or at start when a setting is bad.
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
        var sockets = app.Services.GetRequiredService<SocketServer>();
        sockets.Of("/", app.Services.GetRequiredService<ConversationNamespace>());
        app.MapEngineIO(SocketPath, sockets);
        return app;
    }
}
