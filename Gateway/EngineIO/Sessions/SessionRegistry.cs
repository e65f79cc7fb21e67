using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

using Microsoft.Extensions.Options;

namespace Gateway.EngineIO.Sessions;

/// <summary>Every open session of the process by its sid, bounded. A closed session is gone from it at once. Any thread.</summary>
internal sealed class SessionRegistry(IOptions<EngineOptions> options, TimeProvider time)
{
    // A handler that takes longer is waited for by the host, but not its answer.
    private static readonly TimeSpan s_answerLimit = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, EngineSession> _sessions = new(StringComparer.Ordinal);
    private readonly int _limit = options.Value.MaxSessions;
    private int _places;
    private volatile bool _stopping;

    public int Count => _sessions.Count;

    /// <summary>Takes a place for a session to come; <see cref="Remove"/> or <see cref="GiveUpPlace"/> frees it. False when full or stopping.</summary>
    public bool TryReserve()
    {
        if (_stopping)
        {
            return false;
        }

        if (Interlocked.Increment(ref _places) <= _limit)
        {
            return true;
        }

        GiveUpPlace();
        return false;
    }

    public void GiveUpPlace() => Interlocked.Decrement(ref _places);

    /// <summary>Enters a session that has a reserved place.</summary>
    public void Add(EngineSession session)
    {
        _sessions[session.Sid] = session;

        // A stop may have listed the sessions a moment ago.
        if (_stopping)
        {
            session.Close(CloseReason.ServerShutdown);
        }
    }

    public void Remove(EngineSession session)
    {
        if (_sessions.TryRemove(session.Sid, out _))
        {
            GiveUpPlace();
        }
    }

    /// <summary>Only the endpoint that opened a session finds it.</summary>
    public bool TryGet(string sid, IEngineApplication application, [NotNullWhen(true)] out EngineSession? session) =>
        _sessions.TryGetValue(sid, out session) && session.Application == application;

    /// <summary>
    /// Ends every session and lets no new one begin: what has been heard by then is handled and answered first, in a short time, and what
    /// has not is left to the client, which was not told that it arrived. Complete when every session has been told to end; their transports say
    /// goodbye within <c>CloseTimeout</c>.
    /// </summary>
    public async Task StopAsync()
    {
        _stopping = true;
        await HandledAsync();
        foreach (var session in _sessions.Values)
        {
            session.StopReceiving();
        }

        await HandledAsync();
        foreach (var session in _sessions.Values)
        {
            session.CloseAfterFlush(CloseReason.ServerShutdown, options.Value.CloseTimeout);
        }
    }

    private async Task HandledAsync()
    {
        using var limit = new CancellationTokenSource(s_answerLimit, time);
        try
        {
            await Task.WhenAll(_sessions.Values.Select(static session => session.Application).Distinct().Select(application => application.WhenIdleAsync(limit.Token)));
        }
        catch (OperationCanceledException)
        {
            // They are told without it.
        }
    }
}
