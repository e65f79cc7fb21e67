using System.Diagnostics.Metrics;
using System.Reflection;

using Gateway.Access;
using Gateway.Agents.Canary;
using Gateway.Agents.V1;
using Gateway.Conversations;
using Gateway.Conversations.Runtime;
using Gateway.EngineIO.Sessions;
using Gateway.Hosting;
using Gateway.HttpApi.Conventions;
using Gateway.SocketIO.Namespaces;
using Gateway.Tests.Support;

using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Operations.Telemetry;

/// <summary>
/// The whole program with its V1 agent, without a client: every instrument that it has, and the page that it makes of them once each has
/// measured something. Owned by one test.
/// </summary>
internal sealed class OwnMeters : IAsyncDisposable
{
    private readonly TempStore _store = TempStore.Empty();
    private readonly WebApplication _app;
    private readonly List<Instrument> _instruments = [];

    public OwnMeters()
    {
        _app = GatewayApp.Build(
            [
                "--urls=http://127.0.0.1:0", $"--FILE_STORE_PATH={_store.Root}", "--Telemetry:Prometheus=true", "--Agent=v1",
                "--V1:BaseUrl=http://127.0.0.1:9", "--HttpApi:RateLimit=false", "--Access:Mode=Forward",
                "--Access:Forward:Address=http://127.0.0.1:9", "--Migration:Route:Old=none",
            ],
            static builder => builder.Logging.ClearProviders());
    }

    /// <summary>In the order of their names.</summary>
    public IReadOnlyList<Instrument> Instruments => [.. _instruments.OrderBy(static instrument => instrument.Name, StringComparer.Ordinal)];

    /// <summary>The page, with every instrument of our own on it.</summary>
    public async Task<string> ScrapeAsync()
    {
        var meters = _app.Services.GetRequiredService<IMeterFactory>();
        var isServed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var listener = new MeterListener();
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => isServed.TrySetResult());
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Scope == meters && instrument.Name == "http.server.request.duration")
            {
                self.EnableMeasurementEvents(instrument);
            }

            if (instrument.Meter.Scope == meters && instrument.Meter.Name.StartsWith("Gateway.", StringComparison.Ordinal))
            {
                _instruments.Add(instrument);
            }
        };
        await _app.StartAsync().WaitAsync(TestLimits.Step);
        listener.Start();
        Type[] counted =
        [
            typeof(EngineMetrics), typeof(SocketMetrics), typeof(ConversationMetrics), typeof(V1Metrics), typeof(HttpApiMetrics),
            typeof(AccessMetrics), typeof(CanaryMetrics),
        ];
        foreach (var type in counted)
        {
            MeasureOnce(_app.Services.GetRequiredService(type));
        }

        using var http = new HttpClient { BaseAddress = new Uri(_app.Urls.Single()), Timeout = TestLimits.Step };

        // The web server measures a request when it has been answered.
        await http.GetStringAsync("/alive");
        await isServed.Task.WaitAsync(TestLimits.Step);
        return await http.GetStringAsync("/metrics");
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _store.Dispose();
    }

    private static void MeasureOnce(object metrics)
    {
        foreach (var field in metrics.GetType().GetFields(BindingFlags.Instance | BindingFlags.NonPublic))
        {
            switch (field.GetValue(metrics))
            {
                case Counter<long> counter:
                    counter.Add(1);
                    break;
                case Histogram<double> histogram:
                    histogram.Record(1);
                    break;
            }
        }
    }
}
