namespace Gateway.EngineIO.WebSockets;

/// <summary>A stream that can be told to take no more than its connection is about to send. Any thread.</summary>
internal interface IUnsentLimit
{
    /// <summary>
    /// From here on the system takes a write when little of the one before is still unsent. Where it has no such setting nothing changes.
    /// </summary>
    void LimitUnsent();
}
