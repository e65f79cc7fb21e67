using Gateway.Hosting;

using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Support;

/// <summary>
/// The whole program in this process, on a free loopback port over a test's store. One test owns it; a warning or error in its
/// log that the test did not expect fails the test when the host is disposed. Any thread.
/// </summary>
internal sealed class GatewayHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private Task? _stopping;

    private GatewayHost(WebApplication app, CapturedLog log)
    {
        _app = app;
        Log = log;

        // That every origin is let in is said at start: V0's default, and no test's business.
        Log.Expect("origin");
        Address = new Uri(app.Urls.First());
    }

    public Uri Address { get; }

    public CapturedLog Log { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>Starts the program with settings as its command line has them (<c>Agent=echo</c>).</summary>
    public static Task<GatewayHost> StartAsync(TempStore store, params string[] settings) => StartAsync(store, null, settings);

    /// <summary>As above, by another clock than the machine's.</summary>
    public static async Task<GatewayHost> StartAsync(TempStore store, TimeProvider? clock, params string[] settings)
    {
        string[] own = ["urls=http://127.0.0.1:0", $"FILE_STORE_PATH={store.Root}"];
        var log = new CapturedLog();
        var app = GatewayApp.Build(
            [.. own.Concat(settings).Select(static setting => $"--{setting}")],
            builder =>
            {
                builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Debug);
                if (clock is not null)
                {
                    builder.Services.AddSingleton(clock);
                }
            });
        await app.StartAsync().WaitAsync(TestLimits.Step);
        return new GatewayHost(app, log);
    }

    /// <summary>A warning or error with this text in it is part of the test.</summary>
    public void Expect(string text) => Log.Expect(text);

    /// <summary>Stops it, as the end of the process does.</summary>
    public Task StopAsync()
    {
        _stopping = _app.StopAsync();
        return _stopping.WaitAsync(TestLimits.Step);
    }

    public async ValueTask DisposeAsync()
    {
        // A test that has failed while it stopped may have left a clock that nobody moves any more; its own exception is what counts.
        if (_stopping is not { IsCompleted: false })
        {
            await StopAsync();
        }

        await _app.DisposeAsync().AsTask().WaitAsync(TestLimits.Step);
        Log.Complaints.Should().BeEmpty("a test's log has no warning that the test does not expect");
    }
}
