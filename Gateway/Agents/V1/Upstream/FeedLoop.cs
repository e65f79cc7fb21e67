using System.Threading.Channels;

namespace Gateway.Agents.V1.Upstream;

/// <summary>
/// One open socket from its first frame to its last: frames to the feed, and the clock to the feed and the sink. Owned by the
/// connection; used once. The reader runs ahead by a bounded number of frames: past it the server has to wait, and may drop us and be asked
/// again.
/// </summary>
/// <param name="use">How long the socket is held; whoever changes something here wakes it.</param>
/// <param name="isLeaving">Whether the socket is to be left at the next rest between two frames.</param>
internal sealed class FeedLoop(
    UpstreamSocket socket, IFeed feed, IUpstreamSink sink, UpstreamUse use, Func<bool> isLeaving, V1Context services)
{
    private enum Leave
    {
        /// <summary>The server has ended it.</summary>
        Ended,
        Silent,
        LetGo,
    }

    private const int MaxFramesAhead = 64;

    // How long the server's answer to our close frame is waited for.
    private static readonly TimeSpan s_closeDrainTimeout = TimeSpan.FromSeconds(1);

    // A server that shows nothing of what it has, not even that there is nothing, is asked anew after this.
    private static readonly TimeSpan s_silenceLimit = TimeSpan.FromSeconds(30);

    // Null: one that was too large.
    private readonly Channel<string?> _frames = Channel.CreateBounded<string?>(
        new BoundedChannelOptions(MaxFramesAhead) { SingleReader = true, SingleWriter = true });

    private Task? _woken;
    private long _quietSince = services.TimeProvider.GetTimestamp();
    private volatile bool _hasCaughtUp;
    private volatile bool _isCurrent;

    /// <summary>The connection has given all that there was when it opened: it has been of use. Any thread.</summary>
    public bool HasCaughtUp => _hasCaughtUp;

    /// <summary>All that the server has sent is taken, and nothing of it waits to be understood. Any thread.</summary>
    public bool IsCurrent
    {
        get
        {
            // In this order: the loop says that it is behind before it takes a frame out.
            var hasFrames = _frames.Reader.Count > 0 || _frames.Reader.Completion.IsCompleted;
            return !hasFrames && _isCurrent;
        }
    }

    /// <summary>How the server ended it; null when it was let go because nobody needs it.</summary>
    public async Task<SocketEnd?> RunAsync(CancellationToken cancellationToken)
    {
        // Not linked to the caller's token: a receive that is cancelled tears its socket, and no close frame can be sent on a torn one.
        using var stop = new CancellationTokenSource();
        var reading = ReadLoopAsync(stop.Token);
        var leave = Leave.Ended;
        try
        {
            leave = await HandleLoopAsync(stop.Token, cancellationToken);
        }
        finally
        {
            _isCurrent = false;
            await CloseAsync();
            await stop.CancelAsync();
            await reading;
        }

        // What the server answers to our close frame is not its own reason.
        return leave switch
        {
            Leave.LetGo => null,
            Leave.Silent => new SocketEnd(SocketEnd.Lost, "nothing came"),
            _ => await reading,
        };
    }

    /// <summary>
    /// Sends our close frame, or the answer to the server's, and reads on to the server's own for a limited time: a socket that is
    /// given up with frames unread resets the connection, and the server may lose our close with it.
    /// </summary>
    private async Task CloseAsync()
    {
        using var limit = new CancellationTokenSource(s_closeDrainTimeout, services.TimeProvider);
        await socket.CloseAsync(limit.Token);
        try
        {
            while (await _frames.Reader.WaitToReadAsync(limit.Token))
            {
                while (_frames.Reader.TryRead(out _))
                {
                    // Nobody takes these any more; the reader behind them must come to the server's close frame.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // A server that does not answer is left without.
        }
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

    /// <summary>
    /// Handles frames until the server ends the socket, has been silent for too long before it had caught up, or nobody needs it.
    /// </summary>
    /// <param name="stopping">Ends what is still waited for, after the loop.</param>
    private async Task<Leave> HandleLoopAsync(CancellationToken stopping, CancellationToken cancellationToken)
    {
        Task<bool>? waiting = null;
        while (true)
        {
            await AdvanceAsync(cancellationToken);
            if (isLeaving())
            {
                return Leave.LetGo;
            }

            waiting ??= _frames.Reader.WaitToReadAsync(cancellationToken).AsTask();
            if (!await ArrivesInTimeAsync(waiting, stopping, cancellationToken))
            {
                if (SilentIn() == TimeSpan.Zero)
                {
                    return Leave.Silent;
                }

                if (LetGoIn() == TimeSpan.Zero)
                {
                    return Leave.LetGo;
                }

                continue;
            }

            if (!await waiting)
            {
                return Leave.Ended;
            }

            waiting = null;
            _isCurrent = false;
            // A frame at a time would read the log once for each; all that has come is one question.
            for (var i = 0; i < MaxFramesAhead && _frames.Reader.TryRead(out var frame); i++)
            {
                await AddAsync(frame, cancellationToken);
            }

            _quietSince = services.TimeProvider.GetTimestamp();
        }
    }

    private ValueTask AddAsync(string? frame, CancellationToken cancellationToken)
    {
        if (frame is not null)
        {
            return feed.AddAsync(frame, cancellationToken);
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
            _hasCaughtUp = true;
            await sink.CaughtUpAsync(cancellationToken);
        }

        if (QuietIn() == TimeSpan.Zero)
        {
            await sink.OnIdleAsync(cancellationToken);
        }

        _isCurrent = HasCaughtUp && feed.IsSettled && sink.QuietAfter is null;
    }

    /// <summary>False: a time has come first, or something else is to be looked at.</summary>
    private async ValueTask<bool> ArrivesInTimeAsync(Task waiting, CancellationToken stopping, CancellationToken cancellationToken)
    {
        if (waiting.IsCompleted)
        {
            return true;
        }

        // Before the times are looked at: an action that ends makes one come that was not there.
        _woken = _woken is null or { IsCompleted: true } ? use.WaitAsync(stopping) : _woken;
        var due = Soonest(Soonest(feed.DueAfter, QuietIn()), Soonest(SilentIn(), LetGoIn()));
        if (due is null)
        {
            return await Task.WhenAny(waiting, _woken) == waiting;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var first = await Task.WhenAny(waiting, _woken, Task.Delay(due.Value, services.TimeProvider, stop.Token));
        await stop.CancelAsync();
        return first == waiting;
    }

    /// <summary>Only when all that has come is taken and shown.</summary>
    private TimeSpan? LetGoIn()
    {
        if (!HasCaughtUp || !feed.IsSettled || sink.QuietAfter is not null || sink.IsAtWork || use.EndsIn is not { } ends)
        {
            return null;
        }

        var quiet = Left(use.DetachAfter);
        return quiet > ends ? quiet : ends;
    }

    private TimeSpan? QuietIn() => HasCaughtUp && feed.IsSettled && sink.QuietAfter is { } after ? Left(after) : null;

    private TimeSpan? SilentIn() => HasCaughtUp ? null : Left(s_silenceLimit);

    private TimeSpan Left(TimeSpan after)
    {
        var left = after - services.TimeProvider.GetElapsedTime(_quietSince);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private static TimeSpan? Soonest(TimeSpan? a, TimeSpan? b) => a is null ? b : b is null || a < b ? a : b;
}
