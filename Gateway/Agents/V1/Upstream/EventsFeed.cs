using Gateway.Primitives.Json;

namespace Gateway.Agents.V1.Upstream;

/// <summary>
/// The older events socket (PROTOCOL.md, "V1 events socket"): no numbers, live frames inside the history, some twice. Its frames say that
/// the log has grown; what and in which order is read by REST. Used by the connection's loop.
/// </summary>
internal sealed class EventsFeed(IUpstreamSink sink, LogReader log, V1Endpoint endpoint, V1Context services) : IFeed
{
    private readonly PendingFrames _pendingFrames = new(services.TimeProvider);

    private bool _hasFrame;

    public bool IsSettled => _pendingFrames.IsSettled;

    public bool IsCaughtUp { get; private set; }

    public TimeSpan? DueAfter => _pendingFrames.ReadAfter;

    public async ValueTask AddAsync(string frame, CancellationToken cancellationToken)
    {
        if (!_hasFrame)
        {
            // The server subscribes after it has accepted the socket: what happened in between came as no frame, and perhaps after the log
            // was read. From its first frame on it says of everything.
            _hasFrame = true;
            _pendingFrames.WantRead();
        }

        if (!JsonTree.TryReadObject(frame, out var v1Event))
        {
            services.Metrics.Dropped(V1Kinds.NotJson);
        }
        else if (v1Event.Text("kind") == "StreamingDeltaEvent")
        {
            services.Metrics.Delta();
        }
        else if (UnnumberedEvent.IsTransient(v1Event))
        {
            await sink.TakeTransientAsync(endpoint.WithoutKey(v1Event), cancellationToken);
        }
        else if (v1Event.TextOrNull("id") is not { Length: > 0 } id)
        {
            services.Metrics.Dropped(V1Kinds.NoId);
        }
        else if (!sink.HasTaken(id))
        {
            _pendingFrames.Seen(id);
        }
    }

    public void Missed() => _pendingFrames.WantRead();

    public async ValueTask AdvanceAsync(CancellationToken cancellationToken)
    {
        if (_pendingFrames.ReadAfter != TimeSpan.Zero)
        {
            return;
        }

        if (!await log.ReadAsync(cancellationToken))
        {
            _pendingFrames.Failed();
            return;
        }

        IsCaughtUp = true;
        for (var givenUp = _pendingFrames.Settle(sink.HasTaken); givenUp > 0; givenUp--)
        {
            services.Metrics.Dropped(V1Kinds.NeverStored);
        }
    }
}
