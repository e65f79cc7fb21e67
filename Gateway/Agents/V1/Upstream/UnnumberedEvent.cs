using System.Collections.Frozen;

using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Upstream;

/// <summary>
/// The newest event that the session socket has sent before it was stored, and so without a number (PROTOCOL.md, "V1 session socket"): it
/// is shown from its place in the log, for which the server is asked more and more slowly. Pure but for the clock; used by one thread.
/// </summary>
/// <param name="giveUpAfter">What is not stored by then is not going to be.</param>
internal sealed class UnnumberedEvent(TimeSpan giveUpAfter, TimeProvider timeProvider)
{
    private static readonly TimeSpan s_firstWait = TimeSpan.FromMilliseconds(100);

    private static readonly FrozenSet<string> s_neverStored =
        FrozenSet.Create(StringComparer.Ordinal, "ServerErrorEvent", "StreamingDeltaEvent");

    private TimeSpan _wait;
    private long _since;
    private long _asked;

    /// <summary>The id of the event that is waited for; null: none is.</summary>
    public string? Id { get; private set; }

    /// <summary>When the server is asked for it; null: nothing is waited for.</summary>
    public TimeSpan? DueAfter => Id is null ? null
        : _wait - timeProvider.GetElapsedTime(_asked) is { } left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    /// <summary>True for what no log has: snapshots, streamed text, and what a socket says of itself.</summary>
    public static bool IsTransient(JObject v1Event) => s_neverStored.Contains(v1Event.Text("kind")) || v1Event.Text("key") == "full_state";

    /// <summary>An older one that is still waited for has its place before this one.</summary>
    public void Seen(string id)
    {
        if (Id is null)
        {
            _since = _asked = timeProvider.GetTimestamp();
            _wait = s_firstWait;
        }

        Id = id;
    }

    public void Taken() => Id = null;

    /// <summary>The server was asked, and does not have it. True when it is given up.</summary>
    public bool IsNotThere()
    {
        _asked = timeProvider.GetTimestamp();
        _wait *= 2;
        var isGivenUp = timeProvider.GetElapsedTime(_since) >= giveUpAfter;
        Id = isGivenUp ? null : Id;
        return isGivenUp;
    }
}
