using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Upstream;

/// <summary>
/// The session socket (PROTOCOL.md, "V1 session socket"): numbered frames, some out of order. Used by the connection's loop. A hole that
/// stays open is filled by REST, whose order is that of the numbers.
/// </summary>
internal sealed class SessionFeed(IUpstreamSink sink, LogReader log, V1Endpoint endpoint, V1Context services, TimeSpan gapTimeout) : IFeed
{
    private readonly SequenceBuffer _buffer = new(sink.LastSequence);
    private int? _through;
    private bool _isSynced;
    private long? _gapSince;

    public bool IsSettled => !_buffer.HasGap && !_buffer.Overflowed;

    public bool IsCaughtUp => _isSynced && _buffer.LastSequence >= (_through ?? -1);

    /// <summary>The server announced more than has come.</summary>
    private bool IsShort => _isSynced && !IsCaughtUp;

    public TimeSpan? DueAfter => _gapSince is { } since
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
        if (IsSettled && !IsShort)
        {
            _gapSince = null;
            return;
        }

        if (_gapSince is null || (hasProgress && IsSettled))
        {
            // A long history is no hole as long as it comes.
            _gapSince = services.TimeProvider.GetTimestamp();
        }

        if (DueAfter > TimeSpan.Zero)
        {
            return;
        }

        services.Metrics.GapFill();
        // Filled or not, the next try is a time-out away: a server that cannot tell is not asked all the time.
        _gapSince = services.TimeProvider.GetTimestamp();
        var isEnd = await log.ReadAsync(cancellationToken);
        _buffer.MoveTo(sink.LastSequence, isEnd);
        await TakeReadyAsync(cancellationToken);
        if (isEnd && IsShort)
        {
            // Its log ends here whatever it announced: what it cannot read itself never comes.
            services.Metrics.Dropped(V1Kinds.NeverStored);
            _through = sink.LastSequence;
        }

        _gapSince = IsSettled && !IsShort ? null : _gapSince;
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
}
