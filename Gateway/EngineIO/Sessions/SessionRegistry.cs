using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

using Microsoft.Extensions.Options;

namespace Gateway.EngineIO.Sessions;

/// <summary>Every open session of the process by its sid, bounded. A closed session is gone from it at once. Any thread.</summary>
internal sealed class SessionRegistry(IOptions<EngineOptions> options)
{
    // The rest of the time is for what the last ones have said.
    private const double ShareForLettingGo = 0.9;

    private readonly ConcurrentDictionary<string, EngineSession> _sessions = new(StringComparer.Ordinal);

    // Empty where addresses have no limit.
    private readonly ConcurrentDictionary<string, IDisposable> _held = new(StringComparer.Ordinal);
    private readonly int _limit = options.Value.MaxSessions;
    private int _slots;
    private volatile bool _admitsNobody;
    private volatile bool _stopping;

    public int Count => _sessions.Count;

    /// <summary>As <see cref="EngineOptions.MaxSessions"/>.</summary>
    public int Limit => _limit;

    /// <summary>
    /// The sessions one after another, without a lock: those that begin or end meanwhile may be among them or not.
    /// </summary>
    public IEnumerable<EngineSession> Sessions => _sessions.Select(static pair => pair.Value);

    /// <summary>False once the host stops: then no session begins.</summary>
    public bool IsAdmitting => !_admitsNobody;

    /// <summary>Looks at every session, without holding any up: for a metric that somebody reads, not for each request.</summary>
    public SessionFigures Measure()
    {
        var (polling, webSockets, packets, fullest) = (0L, 0L, 0L, 0d);
        foreach (var session in Sessions)
        {
            if (session.Transport.Name == TransportNames.Polling)
            {
                polling++;
            }
            else
            {
                webSockets++;
            }

            packets += session.Outbound.Depth.Packets;
            fullest = Math.Max(fullest, session.Outbound.Utilization);
        }

        return new SessionFigures(polling, webSockets, packets, fullest);
    }

    /// <summary>Reserves a session; null when there are too many, or the host stops.</summary>
    /// <param name="held">What the session holds besides, for as long as it is open. Left to the caller where null is returned.</param>
    public SessionSlot? TryReserve(IDisposable? held = null)
    {
        if (_admitsNobody)
        {
            return null;
        }

        if (Interlocked.Increment(ref _slots) <= _limit)
        {
            return new SessionSlot(this, held);
        }

        Release();
        return null;
    }

    /// <summary>Enters a session in the reserved slot; <see cref="Remove"/> frees it.</summary>
    public void Add(EngineSession session, SessionSlot slot)
    {
        if (slot.Take() is { } held)
        {
            _held[session.Sid] = held;
        }

        _sessions[session.Sid] = session;

        // A stop may have listed the sessions a moment ago.
        if (_stopping)
        {
            session.Close(CloseReason.ServerShutdown);
        }
    }

    /// <summary>Called by <see cref="SessionSlot"/> alone.</summary>
    public void Release() => Interlocked.Decrement(ref _slots);

    public void Remove(EngineSession session)
    {
        if (_sessions.TryRemove(session.Sid, out _))
        {
            Release();
            if (_held.TryRemove(session.Sid, out var held))
            {
                held.Dispose();
            }
        }
    }

    /// <summary>Only the endpoint that opened a session finds it.</summary>
    public bool TryGet(string sid, IEngineApplication application, [NotNullWhen(true)] out EngineSession? session) =>
        _sessions.TryGetValue(sid, out session) && session.Application == application;

    /// <summary>No session begins from now on; those that have begun go on.</summary>
    public void StopAdmitting() => _admitsNobody = true;

    /// <summary>
    /// Ends every session at a moment of its own within <see cref="EngineOptions.StopSpread"/>: it hears nothing more, what it has heard is
    /// answered, and its client is told. Completes when all have been told, or when the time is over: whoever still has a handler at work
    /// then is left as it is.
    /// </summary>
    public Task LetGoAsync(TimeProvider timeProvider, CancellationToken cancellationToken) =>
        LetGoAsync(_sessions.Values.Select(LeavingSessions.Of), timeProvider, cancellationToken);

    /// <summary>As <see cref="LetGoAsync(TimeProvider, CancellationToken)"/>, the sessions of each group at the same moment.</summary>
    public async Task LetGoAsync(IEnumerable<LeavingSessions> groups, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var spread = options.Value.StopSpread;
        if (spread <= TimeSpan.Zero)
        {
            return;
        }

        using var end = new CancellationTokenSource(spread, timeProvider);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(end.Token, cancellationToken);
        try
        {
            await Task.WhenAll(groups.Select(group => LetGoAsync(
                group, spread * ShareForLettingGo * Random.Shared.NextDouble(), timeProvider, limit.Token)));
        }
        catch (OperationCanceledException)
        {
            // What comes next ends those that are left.
        }
    }

    /// <summary>
    /// No session begins from now on, and none hears anything more: what a client says now is left to it, for it is not told that it
    /// arrived. Completes when what was heard before has been taken by the layer above.
    /// </summary>
    public Task StopReceivingAsync()
    {
        _admitsNobody = true;
        _stopping = true;
        return Task.WhenAll(_sessions.Values.Select(static session => session.StopReceivingAsync()));
    }

    /// <summary>
    /// Tells every session to end once what waits for its client is sent; their transports say goodbye within <c>CloseTimeout</c>.
    /// </summary>
    public void CloseAll()
    {
        foreach (var session in _sessions.Values)
        {
            Close(session);
        }
    }

    private async Task LetGoAsync(LeavingSessions group, TimeSpan after, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        using var wait = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, group.Now);
        try
        {
            await Task.Delay(after, timeProvider, wait.Token);
        }
        catch (OperationCanceledException) when (group.Now.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // It need not wait any more.
        }

        var leaving = group.Find().Where(static session => !session.IsClosed).ToHashSet();
        try
        {
            await Task.WhenAll(leaving.Select(session => QuietAsync(session, cancellationToken)))
                .WaitAsync(group.HandlersLimit, timeProvider, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The others of the group are not kept by one.
        }

        await group.BeforeEnd(cancellationToken);
        foreach (var session in leaving.Union(group.Find()))
        {
            Close(session);
        }
    }

    /// <summary>Nothing more is heard, and what was heard is handled.</summary>
    private static async Task QuietAsync(EngineSession session, CancellationToken cancellationToken)
    {
        await session.StopReceivingAsync().WaitAsync(cancellationToken);
        await (session.Receiver?.WhenIdleAsync() ?? Task.CompletedTask).WaitAsync(cancellationToken);
    }

    private void Close(EngineSession session) => session.CloseAfterFlush(CloseReason.ServerShutdown, options.Value.CloseTimeout);
}
