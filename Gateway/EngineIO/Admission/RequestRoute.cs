using Gateway.EngineIO.Sessions;

namespace Gateway.EngineIO.Admission;

/// <summary>What a request is to become.</summary>
internal enum RequestRouteKind
{
    /// <summary>Answered with <see cref="RequestRoute.Error"/>.</summary>
    Refuse,

    /// <summary>A browser asks what it may send.</summary>
    Preflight,

    OpenPolling,
    OpenWebSocket,

    /// <summary>A GET of the polling <see cref="RequestRoute.Session"/>.</summary>
    Poll,

    /// <summary>A POST of the polling <see cref="RequestRoute.Session"/>.</summary>
    Post,

    /// <summary>A WebSocket that is to take over the polling <see cref="RequestRoute.Session"/>.</summary>
    Upgrade,

    /// <summary>A WebSocket for a session that has one: accepted, told so, closed.</summary>
    SecondWebSocket,

    /// <summary>Whatever it is, the session is another process's.</summary>
    PassOn,
}

/// <summary>What the endpoint makes of a request. To classify changes nothing, so a request may be classified twice. Immutable.</summary>
internal readonly record struct RequestRoute(RequestRouteKind Kind, EngineError? Error = null, EngineSession? Session = null)
{
    public bool IsWebSocket => Kind is RequestRouteKind.OpenWebSocket or RequestRouteKind.Upgrade or RequestRouteKind.SecondWebSocket;

    /// <summary>It begins a session.</summary>
    public bool IsHandshake => Kind is RequestRouteKind.OpenPolling or RequestRouteKind.OpenWebSocket;

    public static implicit operator RequestRoute(EngineError error) => new(RequestRouteKind.Refuse, error);
}
