using System.Text.Json;

using Gateway.Operations.Operators.Tables;

namespace Gateway.Operations.Operators;

/// <summary>
/// Keeps pages up to date by server-sent events: once a second the state of things (<c>now</c>) and the table that the page shows
/// (<c>table</c>), where they have changed. Nothing runs while no page is open, and no more pages are served than the settings say. Any
/// thread.
/// </summary>
internal sealed class LiveViews(
    NowReader now, OperatorTables tables, OperatorOptions options, TimeProvider timeProvider, IHostApplicationLifetime lifetime)
{
    private const int Rows = 100;

    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    // So that a page finds out that the server has gone, and a proxy that the page is there.
    private static readonly TimeSpan s_longestSilence = TimeSpan.FromSeconds(15);

    private int _viewers;

    public async Task ServeAsync(HttpContext context)
    {
        if (Interlocked.Increment(ref _viewers) > options.MaxViewers)
        {
            Interlocked.Decrement(ref _viewers);
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            await context.Response.WriteAsJsonAsync(new { detail = "Too many pages are open" }, context.RequestAborted);
            return;
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            context.Response.ContentType = "text/event-stream";
            context.Response.Headers["X-Accel-Buffering"] = "no";
            await RunAsync(context, tables.Find(context.Request.Query["table"].ToString()), end.Token);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The page is closed, or the server stops.
        }
        finally
        {
            Interlocked.Decrement(ref _viewers);
        }
    }

    private async Task RunAsync(HttpContext context, ITable? table, CancellationToken cancellationToken)
    {
        var query = TableQuery.Of(context.Request.Query, Rows);
        using var timer = new PeriodicTimer(s_interval, timeProvider);
        var (shownNow, shownTable, silentSince) = ("", "", timeProvider.GetTimestamp());
        do
        {
            var text = JsonSerializer.Serialize(await now.ReadAsync(cancellationToken), s_json);
            shownNow = await WriteAsync("now", text, shownNow);
            if (table is not null)
            {
                text = JsonSerializer.Serialize(await table.ReadAsync(query, cancellationToken), s_json);
                shownTable = await WriteAsync("table", text, shownTable);
            }

            if (timeProvider.GetElapsedTime(silentSince) >= s_longestSilence)
            {
                await context.Response.WriteAsync(":\n\n", cancellationToken);
                silentSince = timeProvider.GetTimestamp();
            }

            await context.Response.Body.FlushAsync(cancellationToken);
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));

        async Task<string> WriteAsync(string name, string json, string before)
        {
            if (json != before)
            {
                await context.Response.WriteAsync($"event: {name}\ndata: {json}\n\n", cancellationToken);
                silentSince = timeProvider.GetTimestamp();
            }

            return json;
        }
    }
}
