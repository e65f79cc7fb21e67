using Gateway.Conversations.Events;
using Gateway.Conversations.Replay;
using Gateway.Conversations.Storage;
using Gateway.SocketIO;

namespace Gateway.Conversations.Runtime;

/// <summary>The history that a client is given before its CONNECT answer.</summary>
internal sealed partial class Cursor
{
    /// <summary>
    /// Sends the history. False when the client has gone. Disk errors are thrown. The client may take its time, the store may not:
    /// <paramref name="limit"/> runs while the store reads: what is left of it until the first page is read, <paramref name="timeout"/> for
    /// each that follows.
    /// </summary>
    /// <param name="firstPage">The log's first page, where it has been read before; for a client that has nothing.</param>
    public async ValueTask<bool> ReplayAsync(
        bool agentStateLast,
        PageReadAhead.Page? firstPage,
        CancellationTokenSource limit,
        TimeSpan timeout,
        CancellationToken cancellationToken)
    {
        if (_next > ReplayThrough)
        {
            return true;
        }

        var asksForState = (!agentStateLast || _initState is not null) && _filter is not { WantsAgentStates: false };
        var newestState = asksForState ? await FindStateAsync(limit.Token) : NewestAgentState.None;
        if (_initState is not null && newestState == ReplayThrough)
        {
            // All that comes before the CONNECT answer reaches the page's handlers at once, and the page sees the last state alone. It must
            // see "init" by itself.
            ReplayThrough--;
        }

        var began = _context.Metrics.MeasuresReplays ? _context.TimeProvider.GetTimestamp() : 0;
        var isShared = !agentStateLast && _initState is null && _filter is null && _socket.TakesMainForm;
        if (isShared)
        {
            _shared.Replay.Begin(Left(newestState));
        }

        var isBlank = _next == 0;
        var corrupt = 0;
        var batch = _socket.CreateBatch(EventPackets.EventName);
        Action<StoredEvent> write = stored =>
        {
            _initState?.AddBefore(stored, batch);
            EventPackets.AddReplayed(batch, stored);
        };
        var writer = agentStateLast ? ReplayWriter.StateLast(write, _filter) : ReplayWriter.StateInPlace(write, newestState, _filter);
        var ahead = firstPage;
        while (_next <= ReplayThrough)
        {
            var left = Left(newestState);
            ReadOnlyMemory<PreparedEvent> events;
            if (isShared && _shared.Replay.Find(left) is { } kept)
            {
                ahead?.Dispose();
                ahead = null;
                isBlank = false;
                events = kept.Events;
                _next = kept.NextId;
            }
            else
            {
                using (var page = await ReadReplayedAsync(ahead, limit.Token))
                {
                    isBlank &= page.Events.Count == 0;
                    corrupt += page.Corrupt.Count;

                    // One that was read ahead may go further than this replay does.
                    foreach (var stored in page.Events)
                    {
                        if (stored.Id > ReplayThrough)
                        {
                            break;
                        }

                        writer.Add(stored);
                    }

                    writer.KeepHeld();
                    ReportCorrupt(page);
                    _next = page.NextId;
                    events = batch.Build();
                    if (isShared && page.Corrupt.Count == 0)
                    {
                        _shared.Replay.Keep(left, new ReplayPart(events, _next));
                    }
                }

                ahead = _context.ReadAhead.TryBegin(_shared.Log, _next, ReplayThrough, limit.Token);
            }

            limit.CancelAfter(Timeout.InfiniteTimeSpan);
            if (!await SendReplayedAsync(events, cancellationToken))
            {
                ahead?.Dispose();
                return false;
            }

            limit.CancelAfter(timeout);
        }

        ahead?.Dispose();
        if (isBlank && corrupt > 0)
        {
            throw new StorageException(StorageFailure.AccessDenied, "none of them can be read");
        }

        writer.End();
        return await EndReplayAsync(batch.Build(), began, cancellationToken);
    }

    /// <summary>What is left of the replay.</summary>
    private ReplaySpan Left(int newestState) => new(_next, ReplayThrough, newestState);

    private ValueTask<int> FindStateAsync(CancellationToken cancellationToken) => _shared.NewestState.FindAsync(
        _next,
        ReplayThrough,
        (fromId, throughId) => _shared.Log.ReadAsync(fromId, throughId, cancellationToken));

    private async ValueTask<EventPage> ReadReplayedAsync(PageReadAhead.Page? ahead, CancellationToken cancellationToken) =>
        (ahead is null ? null : await ahead.TakeAsync()) ?? await _shared.Log.ReadAsync(_next, ReplayThrough, cancellationToken);

    private async ValueTask<bool> EndReplayAsync(ReadOnlyMemory<PreparedEvent> events, long began, CancellationToken cancellationToken)
    {
        // A page may reach past the end of the replay; the walk goes on where that ends.
        _next = ReplayThrough + 1;
        var isSent = await SendReplayedAsync(events, cancellationToken);
        if (began != 0)
        {
            _context.Metrics.ReplayTook(_context.TimeProvider.GetElapsedTime(began));
        }

        return isSent;
    }

    private ValueTask<bool> SendReplayedAsync(ReadOnlyMemory<PreparedEvent> events, CancellationToken cancellationToken)
    {
        _context.Metrics.Replayed(events.Length);
        return events.IsEmpty ? ValueTask.FromResult(true) : _socket.SendAsync(events, cancellationToken);
    }
}
