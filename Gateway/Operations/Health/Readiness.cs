namespace Gateway.Operations.Health;

/// <summary>Whether the process has begun to stop. Set by the order of stopping. Any thread.</summary>
internal sealed class Readiness
{
    private volatile bool _isStopping;

    public bool IsStopping => _isStopping;

    public void Stop() => _isStopping = true;
}
