using System.Net;

using Gateway.EngineIO;
using Gateway.EngineIO.Admission;
using Gateway.EngineIO.Sessions;
using Gateway.SocketIO;
using Gateway.SocketIO.Namespaces;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Support;

/// <summary>
/// The Engine.IO and Socket.IO layers on a real Kestrel, on a free port, with <see cref="RecordingNamespace"/>s at <c>/</c> and
/// <c>/custom</c>. A warning or an error in its log fails the test that disposes of it.
/// </summary>
internal sealed class SocketHost : IAsyncDisposable
{
    public const string Path = "/socket.io/";

    private readonly WebApplication _app;

    private SocketHost(WebApplication app, CapturedLog log)
    {
        _app = app;
        Log = log;
        Registry = app.Services.GetRequiredService<SessionRegistry>();
        InboundBudget = app.Services.GetRequiredService<InboundBudget>();
        var server = app.Services.GetRequiredService<SocketServer>();
        Main = server.Of("/", Handler);
        server.Of("/custom", CustomHandler);
        app.MapEngineIO("/socket.io", server);
        app.EndSessionsWithHost(() => server.WhenIdleAsync(CancellationToken.None));
    }

    public int Port { get; private set; }

    public CapturedLog Log { get; }

    public SessionRegistry Registry { get; }

    public InboundBudget InboundBudget { get; }

    public SocketNamespace Main { get; }

    public RecordingNamespace Handler { get; } = new();

    public RecordingNamespace CustomHandler { get; } = new();

    public static async Task<SocketHost> StartAsync(Action<SocketIOOptions>? configure = null, Action<EngineOptions>? engine = null)
    {
        var log = new CapturedLog();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Debug);
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddEngineIO().AddSocketIO();
        builder.Services.Configure<SocketIOOptions>(options => configure?.Invoke(options));
        builder.Services.Configure<EngineOptions>(options => engine?.Invoke(options));

        var app = builder.Build();
        var host = new SocketHost(app, log);
        await app.StartAsync().WaitAsync(TestLimits.Step);
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        host.Port = new Uri(addresses.Addresses.Single()).Port;
        return host;
    }

    /// <summary>A WebSocket that has sent nothing yet.</summary>
    public Task<RawEngineClient> OpenAsync() => RawEngineClient.OpenAsync(Port, Path);

    /// <summary>A WebSocket in the main namespace.</summary>
    public async Task<(RawEngineClient Client, SocketConnection Socket)> ConnectAsync()
    {
        var client = await OpenAsync();
        await client.SendTextAsync("40");

        // On a slow machine a ping may be due before.
        (await client.ReadThroughAsync("40{\"sid\":")).SkipLast(1).Should().BeSubsetOf(["2"]);
        (await Handler.NextAsync()).Should().Be("connected");
        return (client, await Handler.NextSocketAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync().AsTask().WaitAsync(TestLimits.Step);
        Log.Complaints.Should().BeEmpty();
    }
}
