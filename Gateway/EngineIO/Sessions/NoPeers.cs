namespace Gateway.EngineIO.Sessions;

/// <summary>A process alone: every session is here. Stateless; any thread.</summary>
internal sealed class NoPeers : ISessionPeers
{
    public IReadOnlyList<string> HeaderNames => [];

    public string CreateSid() => SessionId.Create();

    public SessionPlace Find(HttpContext context, string sid) => SessionPlace.Here;

    public Task<bool> TryPassOnAsync(HttpContext context, string sid) => Task.FromResult(false);

    public void StopPassingOn()
    {
        // Nothing is handed on.
    }
}
