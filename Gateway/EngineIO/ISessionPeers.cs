namespace Gateway.EngineIO;

/// <summary>Where the session is that a request names, as far as its sid says it.</summary>
internal enum SessionPlace
{
    /// <summary>In this process, if it is anywhere.</summary>
    Here,

    /// <summary>In another process, if it is anywhere.</summary>
    Elsewhere,

    /// <summary>Nowhere: the sid is none of ours, or the request claims to come from another process and does not.</summary>
    Nowhere,
}

/// <summary>
/// The processes that answer at one address, each with sessions of its own: makes sids that name their process, and hands requests on to
/// the process that they name. By itself a process is alone (<c>NoPeers</c>); a layer above that knows others registers its own. Any
/// thread.
/// </summary>
internal interface ISessionPeers
{
    /// <summary>The request headers that <see cref="Find"/> looks at.</summary>
    IReadOnlyList<string> HeaderNames { get; }

    /// <summary>A new sid for a session of this process: a secret that nobody can guess, of URL-safe characters.</summary>
    string CreateSid();

    /// <summary>Reads a sid that came with a request. Asks nobody, and takes as long for a forged one as for a true one.</summary>
    SessionPlace Find(HttpContext context, string sid);

    /// <summary>
    /// Hands on a request whose session is <see cref="SessionPlace.Elsewhere"/>, and its answer back; completes at the end of both, for a
    /// WebSocket at its end. False when nothing has been answered, because that process is gone or does not answer.
    /// </summary>
    Task<bool> TryPassOnAsync(HttpContext context, string sid);

    /// <summary>
    /// This process stops: what is being handed on ends, each at a moment of its own within <see cref="EngineOptions.StopSpread"/>.
    /// </summary>
    void StopPassingOn();
}
