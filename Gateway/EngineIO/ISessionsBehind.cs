namespace Gateway.EngineIO;

/// <summary>
/// A server behind this one that has sessions of its own at the same address. Registered by a layer above that knows one; where there is
/// one, every request comes through the pipeline. Any thread.
/// </summary>
internal interface ISessionsBehind
{
    /// <summary>
    /// Asked of a request that begins a session, and of one whose session is not known here. True when it was passed on and has been
    /// answered, for a WebSocket at its end; false, and nothing has been done, when it is to be served here.
    /// </summary>
    ValueTask<bool> TryServeAsync(HttpContext context, bool isHandshake);
}
