namespace Gateway.Tools.Shadow;

/// <summary>
/// Whether the candidate is asked at all. Off, V0's clients are served as before, and nothing is kept or compared. Any thread.
/// </summary>
/// <param name="onOff">Told each time it is turned off, and why.</param>
internal sealed class ShadowSwitch(double maxErrorShare, Action<string> onOff)
{
    // Fewer say nothing about a share.
    private const int Window = 40;
    private const int LeastForShare = 20;

    private readonly Lock _lock = new();
    private readonly Queue<bool> _recent = new();
    private volatile bool _isOn = true;

    public bool IsOn => _isOn;

    /// <summary>Why it is off; null while it is on.</summary>
    public string? Reason { get; private set; }

    public void TurnOff(string reason)
    {
        lock (_lock)
        {
            if (!_isOn)
            {
                return;
            }

            Reason = reason;
            _isOn = false;
        }

        onOff(reason);
    }

    public void TurnOn()
    {
        lock (_lock)
        {
            _recent.Clear();
            Reason = null;
            _isOn = true;
        }
    }

    /// <summary>Tells how a comparison went: when too many fail, the comparing is turned off.</summary>
    /// <param name="isError">The candidate did not answer, not in time, or broke off.</param>
    public void Note(bool isError)
    {
        lock (_lock)
        {
            _recent.Enqueue(isError);
            if (_recent.Count > Window)
            {
                _recent.Dequeue();
            }

            var errors = _recent.Count(static one => one);
            if (!_isOn || !isError || _recent.Count < LeastForShare || errors <= maxErrorShare * _recent.Count)
            {
                return;
            }
        }

        TurnOff("the candidate failed too often");
    }
}
