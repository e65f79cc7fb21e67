namespace Gateway.EngineIO.Sessions;

/// <summary>
/// One reserved session of <see cref="SessionRegistry"/>. Whoever reserves it disposes of it in the same scope: unless a session has taken
/// it by then, it is free again, whatever went wrong in between. Used by one request; a session takes it at most once.
/// </summary>
/// <param name="registry">Where it is reserved.</param>
/// <param name="held">What else the session holds while it is open.</param>
internal sealed class SessionSlot(SessionRegistry registry, IDisposable? held) : IDisposable
{
    private bool _isHeld = true;

    /// <summary>From here on the session holds the slot, and what comes with it, until the registry removes it.</summary>
    public IDisposable? Take()
    {
        ObjectDisposedException.ThrowIf(!_isHeld, this);
        _isHeld = false;
        return held;
    }

    public void Dispose()
    {
        if (_isHeld)
        {
            _isHeld = false;
            registry.Release();
            held?.Dispose();
        }
    }
}
