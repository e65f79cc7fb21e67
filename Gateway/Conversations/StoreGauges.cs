using System.Diagnostics.Metrics;

using Gateway.Conversations.Storage;
using Gateway.Conversations.Storage.Files;

namespace Gateway.Conversations;

/// <summary>
/// How the store does at this moment, meter <c>Gateway.Storage</c>; a database's connections are in the meter of its driver. Made with the
/// host, and does nothing else. Any thread.
/// </summary>
internal sealed class StoreGauges : IHostedService
{
    public const string MeterName = "Gateway.Storage";

    public StoreGauges(IMeterFactory meterFactory, StoreHealth health, StorageThreads threads)
    {
        var meter = meterFactory.Create(MeterName);
        meter.CreateObservableGauge(
            "gateway.store.available", () => health.Trouble is null ? 1L : 0L, "1", "1 while the store does what it is asked, else 0.");
        meter.CreateObservableGauge(
            "gateway.store.trouble.duration", () => health.Trouble?.Lasts.TotalSeconds ?? 0, "s",
            "For how long the store has not done what it is asked; 0 while it does.");
        meter.CreateObservableUpDownCounter(
            "gateway.store.threads.active", () => (long)threads.Measure().Threads, "{thread}",
            "Threads that wait for files, idle ones included.");
        meter.CreateObservableUpDownCounter(
            "gateway.store.threads.slow", () => (long)threads.Measure().Slow, "{thread}", "Those of them whose file does not answer.");
        meter.CreateObservableUpDownCounter(
            "gateway.store.calls.waiting", () => (long)threads.Measure().Waiting, "{call}",
            "Calls that wait for their turn or for a thread.");
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
