using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

using Microsoft.Extensions.Options;

namespace Gateway.EngineIO.Sessions;

/// <summary>Every open session of the process by its sid, bounded. A closed session is gone from it at once. Any thread.</summary>
internal sealed class SessionRegistry(IOptions<EngineOptions> options)
{
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

    /// <summary>Ends every session and lets no new one begin. Their transports say goodbye within <c>CloseTimeout</c>.</summary>
    public void Stop()
    {
        _stopping = true;
        foreach (var session in _sessions.Values)
        {
            session.Close(CloseReason.ServerShutdown);
        }
    }
}
