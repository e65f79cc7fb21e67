using System.Threading.Channels;

namespace Gateway.Agents.V1.Upstream;

/// <summary>
/// One open socket from its first frame to its last: frames to the feed, and the clock to the feed and the sink. Owned by the
/// connection; used once. The reader runs ahead by a bounded number of frames: past it the server has to wait, and may drop us and be asked again.
/// </summary>
internal sealed class FeedLoop(UpstreamSocket socket, IFeed feed, IUpstreamSink sink, V1Services services)
{
    private const int MaxFramesAhead = 64;

    private static readonly TimeSpan s_goodbye = TimeSpan.FromSeconds(1);

    // Null: one that was too large.
    private readonly Channel<string?> _frames = Channel.CreateBounded<string?>(
        new BoundedChannelOptions(MaxFramesAhead) { SingleReader = true, SingleWriter = true });

    private long _quietSince;

    /// <summary>The connection has given all that there was when it opened: it has been of use.</summary>
    public bool HasCaughtUp { get; private set; }

    public async Task<SocketEnd> RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = ReadLoopAsync(stop.Token);
        try
        {
            await HandleLoopAsync(cancellationToken);
        }
        finally
        {
            if (cancellationToken.IsCancellationRequested)
            {
                // Our own going: told, so that the server frees the place at once.
                using var limit = new CancellationTokenSource(s_goodbye, services.Clock);
                await socket.CloseAsync(limit.Token);
            }

            await stop.CancelAsync();
            await reading;
        }

        return await reading;
    }

    private async Task<SocketEnd> ReadLoopAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var read = await socket.ReadAsync(cancellationToken);
                if (read.End is { } end)
                {
                    return end;
                }

                await _frames.Writer.WriteAsync(read.Text, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            return new SocketEnd(SocketEnd.Lost);
        }
        finally
        {
            _frames.Writer.TryComplete();
        }
    }

    private async Task HandleLoopAsync(CancellationToken cancellationToken)
    {
        _quietSince = services.Clock.GetTimestamp();
        Task<bool>? waiting = null;
        while (true)
        {
            await AdvanceAsync(cancellationToken);
            waiting ??= _frames.Reader.WaitToReadAsync(cancellationToken).AsTask();
            if (!await ArrivesInTimeAsync(waiting, cancellationToken))
            {
                continue;
            }

            if (!await waiting)
            {
                return;
            }

            waiting = null;
            // A frame at a time would read the log once for each; all that has come is one question.
            for (var i = 0; i < MaxFramesAhead && _frames.Reader.TryRead(out var frame); i++)
            {
                await OfferAsync(frame, cancellationToken);
            }

            _quietSince = services.Clock.GetTimestamp();
        }
    }

    private ValueTask OfferAsync(string? frame, CancellationToken cancellationToken)
    {
        if (frame is not null)
        {
            return feed.OfferAsync(frame, cancellationToken);
        }

        services.Metrics.Dropped(V1Kinds.TooLarge);
        feed.Missed();
        return ValueTask.CompletedTask;
    }

    private async ValueTask AdvanceAsync(CancellationToken cancellationToken)
    {
        await feed.AdvanceAsync(cancellationToken);
        if (feed.IsCaughtUp && !HasCaughtUp)
        {
            HasCaughtUp = true;
            await sink.CaughtUpAsync(cancellationToken);
        }

        if (QuietIn() == TimeSpan.Zero)
        {
            await sink.QuietAsync(cancellationToken);
        }
    }

    /// <summary>False: a time has come first.</summary>
    private async ValueTask<bool> ArrivesInTimeAsync(Task waiting, CancellationToken cancellationToken)
    {
        if (Soonest(feed.DueAfter, QuietIn()) is not { } due || waiting.IsCompleted)
        {
            await waiting;
            return true;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var first = await Task.WhenAny(waiting, Task.Delay(due, services.Clock, stop.Token));
        await stop.CancelAsync();
        return first == waiting;
    }

    private TimeSpan? QuietIn()
    {
        if (!HasCaughtUp || !feed.IsSettled || sink.QuietAfter is not { } after)
        {
            return null;
        }

        var left = after - services.Clock.GetElapsedTime(_quietSince);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private static TimeSpan? Soonest(TimeSpan? a, TimeSpan? b) => a is null ? b : b is null || a < b ? a : b;
}
