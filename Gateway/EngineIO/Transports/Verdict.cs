using Gateway.EngineIO.Sessions;

namespace Gateway.EngineIO.Transports;

/// <summary>What a request is to become.</summary>
internal enum VerdictKind
{
    /// <summary>Answered with <see cref="Verdict.Error"/>.</summary>
    Refuse,

    /// <summary>A browser asks what it may send.</summary>
    Preflight,

    OpenPolling,
    OpenWebSocket,

    /// <summary>A GET of the polling <see cref="Verdict.Session"/>.</summary>
    Poll,

    /// <summary>A POST of the polling <see cref="Verdict.Session"/>.</summary>
    Post,

    /// <summary>A WebSocket that is to take over the polling <see cref="Verdict.Session"/>.</summary>
    Upgrade,

    /// <summary>A WebSocket for a session that has one: accepted, told so, closed.</summary>
    SecondWebSocket,
}

/// <summary>The endpoint's judgement of a request. To judge changes nothing, so a request may be judged twice. Immutable.</summary>
internal readonly record struct Verdict(VerdictKind Kind, EngineError? Error = null, EngineSession? Session = null)
{
    public bool IsWebSocket => Kind is VerdictKind.OpenWebSocket or VerdictKind.Upgrade or VerdictKind.SecondWebSocket;

    public static implicit operator Verdict(EngineError error) => new(VerdictKind.Refuse, error);
}
