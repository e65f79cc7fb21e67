namespace Gateway.EngineIO.Sessions;

/// <summary>
/// One reserved session of <see cref="SessionRegistry"/>. Whoever reserves it disposes of it in the same scope: unless a session has taken
/// it by then, it is free again, whatever went wrong in between. Used by one request; a session takes it at most once.
/// </summary>
internal sealed class SessionSlot(SessionRegistry registry) : IDisposable
{
    private bool _isHeld = true;

    /// <summary>From here on the session holds the slot, until the registry removes it.</summary>
    public void Take()
    {
        ObjectDisposedException.ThrowIf(!_isHeld, this);
        _isHeld = false;
    }

    public void Dispose()
    {
        if (_isHeld)
        {
            _isHeld = false;
            registry.Release();
        }
    }
}
