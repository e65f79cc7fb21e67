using Gateway.EngineIO.Protocol;

namespace Gateway.EngineIO.Sessions;

/// <summary>
/// What goes over one session, for all who want to know: the metrics of the process, the figures of this connection, and whoever watches
/// it. Owned by the session. Packets are told by one thread at a time for each direction; the rest from any thread.
/// </summary>
internal sealed class SessionTraffic(EngineMetrics metrics, TimeProvider timeProvider)
{
    private readonly long _began = timeProvider.GetTimestamp();

    // Each is written by one thread at a time: whoever receives, and the attached transport.
    private long _bytesReceived;
    private long _bytesSent;
    private long _ended;
    private volatile bool _hasEnded;
    private volatile ISessionTap? _tap;

    /// <summary>Who sees the packets from now on; null for nobody.</summary>
    public ISessionTap? Tap
    {
        get => _tap;
        set => _tap = value;
    }

    /// <param name="transport">What carries the session.</param>
    public ConnectionUsage UsageOver(string transport) => new(
        transport,
        timeProvider.GetElapsedTime(_began, _hasEnded ? _ended : timeProvider.GetTimestamp()),
        Volatile.Read(ref _bytesReceived),
        Volatile.Read(ref _bytesSent));

    /// <summary>A packet of the client.</summary>
    public void Received(in EnginePacket packet)
    {
        Volatile.Write(ref _bytesReceived, _bytesReceived + packet.Data.Length);
        metrics.Received(packet.Data.Length);
        _tap?.Received(packet);
    }

    /// <summary>The transport has taken these packets, and a ping before them, to write them.</summary>
    public void Taken(ReadOnlySpan<EnginePacket> packets, bool ping)
    {
        if (_tap is { } tap && (packets.Length > 0 || ping))
        {
            tap.Sent(packets, ping);
        }
    }

    /// <summary>The transport has written so much; the framing is in the bytes.</summary>
    public void Written(int packets, long bytes)
    {
        Volatile.Write(ref _bytesSent, _bytesSent + bytes);
        metrics.Sent(packets, bytes);
    }

    /// <summary>The session's time stops here. Called once.</summary>
    public void End()
    {
        _ended = timeProvider.GetTimestamp();
        _hasEnded = true;
    }

    /// <summary>The session has ended, and was used like this. Called once, after <see cref="End"/>.</summary>
    public void Closed(CloseReason reason, in ConnectionUsage usage)
    {
        metrics.SessionClosed(reason, usage.Transport, usage.Duration);
        _tap?.Closed(reason);
    }
}
