namespace Gateway.EngineIO;

/// <summary>What Engine.IO asks of the layer above it. One instance serves every session of an endpoint; any thread.</summary>
internal interface IEngineApplication
{
    /// <summary>A session has begun: its open packet is queued, nothing has been received. Must not block or throw.</summary>
    IEngineReceiver Open(IEngineConnection connection);
}

/// <summary>The receiving end of one session. Calls never overlap.</summary>
internal interface IEngineReceiver
{
    /// <summary>
    /// One message, in wire order. The transport reads on when the task completes, so a slow receiver slows its own client
    /// alone; pings are sent meanwhile, but a pong waits behind it: long work belongs in a loop of the receiver's own.
    /// </summary>
    ValueTask ReceiveAsync(EngineMessage message);

    /// <summary>Completes when everything that was received has been handled. Any thread.</summary>
    Task WhenIdleAsync() => Task.CompletedTask;

    /// <summary>The session is over. Called once, after the last <see cref="ReceiveAsync"/> has completed.</summary>
    void Closed(CloseReason reason);
}
