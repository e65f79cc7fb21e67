using System.Net;

using Gateway.EngineIO;
using Gateway.EngineIO.Admission;
using Gateway.EngineIO.Sessions;
using Gateway.Hosting;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Support;

/// <summary>
/// The Engine.IO layer alone on a real Kestrel, on a free port, with <see cref="RecordingApplication"/> above it. A warning or an error in
/// its log fails the test that disposes of it, unless the test has said that it expects one.
/// </summary>
internal sealed class EngineHost : IAsyncDisposable
{
    public const string Path = "/engine.io";

    private readonly WebApplication _app;

    private EngineHost(WebApplication app, CapturedLog log, RecordingApplication application)
    {
        _app = app;
        Log = log;
        Application = application;
        Registry = app.Services.GetRequiredService<SessionRegistry>();
        InboundBudget = app.Services.GetRequiredService<InboundBudget>();
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        Port = new Uri(addresses.Addresses.Single(static address => !address.Contains("unix:", StringComparison.Ordinal))).Port;
    }

    public int Port { get; }

    public CapturedLog Log { get; }

    public RecordingApplication Application { get; }

    public SessionRegistry Registry { get; }

    public InboundBudget InboundBudget { get; }

    public bool ExpectsComplaints { get; set; }

    public static async Task<EngineHost> StartAsync(
        Action<EngineOptions>? configure = null,
        RecordingApplication? application = null,
        TimeProvider? time = null,
        RecordingApplication? second = null,
        HttpProtocols protocols = HttpProtocols.Http1,
        Action<ListenOptions>? listen = null,
        Action<KestrelServerOptions>? server = null,
        Dictionary<string, string?>? settings = null)
    {
        var log = new CapturedLog();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Debug);
        builder.Configuration.AddInMemoryCollection(settings ?? []);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            server?.Invoke(kestrel);
            kestrel.Listen(IPAddress.Loopback, 0, options =>
            {
                options.Protocols = protocols;
                listen?.Invoke(options);
            });
        });
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.AddTrustedProxies();
        builder.Services.AddEngineIO();
        builder.Services.Configure<EngineOptions>(options => configure?.Invoke(options));

        application ??= new RecordingApplication(echo: true);
        var app = builder.Build();
        app.UseTrustedProxies();
        app.MapEngineIO(Path, application);
        app.MapEngineIO("/socket.io", second ?? application);
        app.EndSessionsWithHost(static () => Task.CompletedTask);
        await app.StartAsync().WaitAsync(TestLimits.Step);
        return new EngineHost(app, log, application);
    }

    public Task StopAsync() => _app.StopAsync().WaitAsync(TestLimits.Step);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync().AsTask().WaitAsync(TestLimits.Step);
        if (!ExpectsComplaints)
        {
            Log.Complaints.Should().BeEmpty();
        }
    }
}
