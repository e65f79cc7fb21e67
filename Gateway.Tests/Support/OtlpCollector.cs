using System.Collections.Concurrent;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Support;

/// <summary>A span that was sent.</summary>
/// <param name="TraceId">In hexadecimal, as in a <c>traceparent</c>.</param>
/// <param name="Parent">The id of the span above it; empty for none.</param>
/// <param name="Attributes">Those that are texts.</param>
internal sealed record CollectedSpan(
    string Name, string TraceId, string Id, string Parent, string Source, IReadOnlyDictionary<string, string> Attributes);

/// <summary>A metric that was sent.</summary>
internal sealed record CollectedMetric(string Name, string Unit, string Meter);

/// <summary>
/// A collector of OpenTelemetry data that takes OTLP over HTTP, in Protocol Buffers, as OpenTelemetry's own does. Keeps all that it was
/// sent. Any thread; owned by one test.
/// </summary>
internal sealed class OtlpCollector : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<CollectedSpan> _spans = [];
    private readonly ConcurrentDictionary<string, CollectedMetric> _metrics = [];
    private readonly ConcurrentQueue<byte[]> _bodies = [];
    private readonly ConcurrentQueue<string> _services = [];
    private volatile TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private OtlpCollector(WebApplication app) => _app = app;

    public string Address => _app.Urls.Single();

    public IReadOnlyCollection<CollectedSpan> Spans => _spans;

    public IReadOnlyCollection<CollectedMetric> Metrics => [.. _metrics.Values];

    /// <summary>The requests' bodies as they came.</summary>
    public IReadOnlyCollection<byte[]> Bodies => _bodies;

    /// <summary>What the senders call themselves.</summary>
    public IReadOnlyCollection<string> Services => _services;

    public static async Task<OtlpCollector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var collector = new OtlpCollector(app);
        app.MapPost("/v1/traces", context => collector.TakeAsync(context, collector.AddSpans));
        app.MapPost("/v1/metrics", context => collector.TakeAsync(context, collector.AddMetrics));
        await app.StartAsync().WaitAsync(TestLimits.Step);
        return collector;
    }

    /// <summary>Waits until what was sent is enough.</summary>
    public async Task UntilAsync(Func<OtlpCollector, bool> isEnough)
    {
        using var limit = new CancellationTokenSource(TestLimits.Step);
        while (true)
        {
            // Taken before the look: what comes in between ends the wait at once.
            var changed = _changed.Task;
            if (isEnough(this))
            {
                return;
            }

            await changed.WaitAsync(limit.Token);
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context, Action<ProtobufMessage> add)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var bytes = body.ToArray();
        _bodies.Enqueue(bytes);
        add(new ProtobufMessage(bytes));
        context.Response.ContentType = "application/x-protobuf";
        var changed = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.TrySetResult();
    }

    // The numbers of fields are those of OpenTelemetry's protocol, in its trace, metrics and common packages.
    private void AddSpans(ProtobufMessage request)
    {
        foreach (var ofResource in request.Messages(1))
        {
            AddService(ofResource);
            foreach (var scope in ofResource.Messages(2))
            {
                var source = scope.Messages(1).Single().Text(1);
                foreach (var span in scope.Messages(2))
                {
                    _spans.Enqueue(new CollectedSpan(
                        span.Text(5), span.Hex(1), span.Hex(2), span.Hex(4), source, Attributes(span.Messages(9))));
                }
            }
        }
    }

    private void AddMetrics(ProtobufMessage request)
    {
        foreach (var ofResource in request.Messages(1))
        {
            AddService(ofResource);
            foreach (var scope in ofResource.Messages(2))
            {
                var meter = scope.Messages(1).Single().Text(1);
                foreach (var metric in scope.Messages(2))
                {
                    _metrics[metric.Text(1)] = new CollectedMetric(metric.Text(1), metric.Text(3), meter);
                }
            }
        }
    }

    private void AddService(ProtobufMessage ofResource) =>
        _services.Enqueue(Attributes(ofResource.Messages(1).Single().Messages(1)).GetValueOrDefault("service.name", ""));

    private static Dictionary<string, string> Attributes(IEnumerable<ProtobufMessage> attributes) => attributes
        .Where(static attribute => attribute.Messages(2).Any())
        .ToDictionary(static attribute => attribute.Text(1), static attribute => attribute.Messages(2).First().Text(1));
}
