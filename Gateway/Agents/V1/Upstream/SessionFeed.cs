using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Upstream;

/// <summary>
/// The session socket (PROTOCOL.md, "V1 session socket"): numbered frames, some out of order. Used by the connection's loop. A hole that
/// stays open is filled by REST, whose order is that of the numbers.
/// </summary>
internal sealed partial class SessionFeed(
    Guid conversation, IUpstreamSink sink, LogReader log, V1Endpoint endpoint, V1Context services, TimeSpan gapTimeout) : IFeed
{
    // A server that answers and cannot give what is missing is asked so often before what follows is shown without it.
    private const int MaxReadsOfAHole = 2;

    private readonly SequenceBuffer _buffer = new(sink.LastSequence);
    private readonly UnnumberedEvent _unnumbered = new(gapTimeout, services.TimeProvider);
    private int? _through;
    private bool _isSynced;
    private long? _gapSince;
    private int _failedReads;

    public bool IsSettled => IsWhole && _unnumbered.Id is null;

    public bool IsCaughtUp => _isSynced && _buffer.LastSequence >= (_through ?? -1);

    private bool IsWhole => !_buffer.HasGap && !_buffer.Overflowed;

    /// <summary>The server announced more than has come.</summary>
    private bool IsShort => _isSynced && !IsCaughtUp;

    public TimeSpan? DueAfter =>
        GapDueAfter is { } gap && !(_unnumbered.DueAfter < gap) ? gap : _unnumbered.DueAfter;

    private TimeSpan? GapDueAfter => _gapSince is { } since
        ? gapTimeout - services.TimeProvider.GetElapsedTime(since) is { } left && left > TimeSpan.Zero ? left : TimeSpan.Zero
        : null;

    public async ValueTask AddAsync(string frame, CancellationToken cancellationToken)
    {
        if (!JsonTree.TryReadObject(frame, out var envelope))
        {
            services.Metrics.Dropped(V1Kinds.NotJson);
            return;
        }

        switch (envelope.Text("type"))
        {
            case "sync":
                _isSynced = true;
                _through = envelope.Integer("through_seq");
                break;
            case "durable" when envelope.Integer("seq") is { } sequence && envelope.Object("event") is { } v1Event:
                _buffer.Add(sequence, v1Event, frame.Length);
                break;
            case "transient" when envelope.Object("event") is { } v1Event:
                await sink.TakeTransientAsync(endpoint.WithoutKey(v1Event), cancellationToken);
                if (!UnnumberedEvent.IsTransient(v1Event) && v1Event.Text("id") is { Length: > 0 } id && !sink.HasTaken(id))
                {
                    _unnumbered.Seen(id);
                }

                break;
            case "item_started" or "item_aborted" or "delta":
                services.Metrics.Delta();
                break;
            case "error":
                await sink.TakeTransientAsync(endpoint.WithoutKey(SocketError(envelope)), cancellationToken);
                break;
            default:
                services.Metrics.Dropped(V1Kinds.Unknown);
                break;
        }
    }

    public void Missed() => _buffer.Miss();

    public async ValueTask AdvanceAsync(CancellationToken cancellationToken)
    {
        var hasProgress = await TakeReadyAsync(cancellationToken);
        var isStored = await IsUnnumberedStoredAsync(cancellationToken);
        if (!isStored && IsWhole && !IsShort)
        {
            _gapSince = null;
            return;
        }

        if (_gapSince is null || (hasProgress && IsWhole))
        {
            // A long history is no hole as long as it comes.
            _gapSince = services.TimeProvider.GetTimestamp();
        }

        if (!isStored && GapDueAfter > TimeSpan.Zero)
        {
            return;
        }

        services.Metrics.GapFill();
        // Filled or not, the next try is a time-out away: a server that cannot tell is not asked all the time.
        _gapSince = services.TimeProvider.GetTimestamp();
        var isEnd = await log.ReadAsync(cancellationToken);
        if (isEnd)
        {
            // Numbers that the log does not have: the events behind them are taken all the same.
            GiveUp(_buffer.MissingAfter(sink.LastSequence, v1Event => sink.HasTaken(v1Event.Text("id"))));
        }

        _buffer.MoveTo(sink.LastSequence, isEnd);
        await PassHoleAsync(isEnd, cancellationToken);
        await TakeReadyAsync(cancellationToken);
        if (isEnd && IsShort)
        {
            // Its log ends here whatever it announced: what it cannot read itself never comes.
            services.Metrics.Dropped(V1Kinds.NeverStored);
            _through = sink.LastSequence;
        }

        _gapSince = IsWhole && !IsShort ? null : _gapSince;
        ForgetTakenUnnumbered();
    }

    /// <summary>The log has got what came without a number; until then it would be read past it.</summary>
    private async ValueTask<bool> IsUnnumberedStoredAsync(CancellationToken cancellationToken)
    {
        ForgetTakenUnnumbered();
        if (_unnumbered.Id is not { } id || _unnumbered.DueAfter > TimeSpan.Zero)
        {
            return false;
        }

        if (await log.HasAsync(id, cancellationToken))
        {
            return true;
        }

        if (_unnumbered.IsNotThere())
        {
            services.Metrics.Dropped(V1Kinds.NeverStored);
        }

        return false;
    }

    private void ForgetTakenUnnumbered()
    {
        if (_unnumbered.Id is { } id && sink.HasTaken(id))
        {
            _unnumbered.Taken();
        }
    }

    /// <summary>What the server can read by neither way holds up what follows only for so long.</summary>
    private async ValueTask PassHoleAsync(bool isEnd, CancellationToken cancellationToken)
    {
        _failedReads = isEnd || !log.IsUnreadable ? 0 : _failedReads + 1;
        if (_failedReads < MaxReadsOfAHole)
        {
            return;
        }

        _failedReads = 0;
        var skipped = _buffer.Skip();
        GiveUp(skipped);
        if (skipped > 0)
        {
            // Their places are kept: the numbers go on behind them.
            await sink.TakeAsync([.. Enumerable.Range(0, skipped).Select(static _ => new JObject())], cancellationToken);
        }
    }

    private void GiveUp(int count)
    {
        if (count > 0)
        {
            Log.GivenUp(services.Logger, conversation, count, sink.LastSequence);
        }

        for (; count > 0; count--)
        {
            services.Metrics.Dropped(V1Kinds.NeverStored);
        }
    }

    /// <summary>True when something was taken.</summary>
    private async ValueTask<bool> TakeReadyAsync(CancellationToken cancellationToken)
    {
        var ready = new List<JObject>();
        while (_buffer.TryTake(out var v1Event))
        {
            ready.Add(v1Event);
        }

        if (ready.Count > 0)
        {
            await sink.TakeAsync(ready, cancellationToken);
        }

        return ready.Count > 0;
    }

    private static JObject SocketError(JObject envelope) =>
        new() { ["kind"] = "ServerErrorEvent", ["code"] = envelope.Text("code"), ["detail"] = envelope.Text("detail") };

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning,
            "Conversation {ConversationId:N}: the agent server cannot give {Count} of its events near number {Number}; what follows is "
                + "shown.")]
        public static partial void GivenUp(ILogger logger, Guid conversationId, int count, int number);
    }
}
