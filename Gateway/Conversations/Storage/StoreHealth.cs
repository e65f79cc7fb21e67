namespace Gateway.Conversations.Storage;

/// <summary>Since when a store does not do what it is asked, and why. The text names no path and no host.</summary>
internal sealed record StoreTrouble(DateTimeOffset Since, TimeSpan Lasts, string Problem);

/// <summary>
/// Knows whether the store works: looks every two seconds, so that whoever asks waits for nothing and costs nothing. Any thread; the host
/// runs the loop.
/// </summary>
internal sealed class StoreHealth(IStoreProbe probe, TimeProvider timeProvider) : BackgroundService
{
    private const string NoAnswer = "the store did not answer in time";
    private const string Slow = "the store answers too slowly";

    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_slow = TimeSpan.FromSeconds(1);

    // The store's own tries take less, and then it says why they failed.
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    // The first look that has no good answer yet. Replaced whole.
    private volatile Failing? _failing;

    /// <summary>Null while the store works.</summary>
    public StoreTrouble? Trouble => _failing is { } failing
        ? new StoreTrouble(failing.At, timeProvider.GetElapsedTime(failing.Timestamp), failing.Problem)
        : null;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_interval, timeProvider);
        try
        {
            do
            {
                await LookAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process ends.
        }
    }

    private async Task LookAsync(CancellationToken stoppingToken)
    {
        // Already while it waits: a store that hangs gives no answer at all.
        var failing = _failing ??= new Failing(timeProvider.GetUtcNow(), timeProvider.GetTimestamp(), NoAnswer);
        using var expiry = new CancellationTokenSource(s_limit, timeProvider);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(expiry.Token, stoppingToken);
        try
        {
            var asked = timeProvider.GetTimestamp();
            await probe.ProbeAsync(limit.Token).AsTask().WaitAsync(limit.Token);

            // Whoever is served takes several looks, and gives up on a store that takes so long for each.
            _failing = timeProvider.GetElapsedTime(asked) < s_slow ? null : failing with { Problem = Slow };
        }
        catch (Exception exception) when (
            exception is IOException or UnauthorizedAccessException or ObjectDisposedException or OperationCanceledException)
        {
            stoppingToken.ThrowIfCancellationRequested();
            _failing = failing with { Problem = (exception as StorageException)?.Message ?? NoAnswer };
        }
    }

    /// <summary>A look without a good answer.</summary>
    private sealed record Failing(DateTimeOffset At, long Timestamp, string Problem);
}
