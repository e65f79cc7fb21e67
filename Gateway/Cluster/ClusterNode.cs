using System.Diagnostics.CodeAnalysis;

namespace Gateway.Cluster;

/// <summary>Another gateway. <see cref="ClusterNodes"/> makes and ends it; any thread reads.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The token source has no timer and nothing to free.")]
internal sealed class ClusterNode(string name, string address)
{
    private readonly CancellationTokenSource _gone = new();
    private int _isSilent;

    public string Name => name;

    public string Address => address;

    /// <summary>Fires when it has said nothing for too long, or has said goodbye.</summary>
    public CancellationToken Gone => _gone.Token;

    /// <summary>How many looks in a row have found it silent. <see cref="ClusterNodes"/> alone.</summary>
    public int SilentLooks { get; set; }

    /// <summary>True for the first that finds out that it cannot be reached.</summary>
    public bool TryBeginSilence() => Interlocked.Exchange(ref _isSilent, 1) == 0;

    /// <summary>On another thread: what waits for it ends its requests.</summary>
    public void End() => _ = _gone.CancelAsync();
}
