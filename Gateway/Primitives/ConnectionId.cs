using System.Globalization;

namespace Gateway.Primitives;

/// <summary>
/// Names one client connection in logs and metrics, as <c>c42</c>. It is not a secret, unlike the Engine.IO sid: knowing it
/// gives nobody access to anything. Unique within the process; never reused.
/// </summary>
internal readonly record struct ConnectionId(long Value)
{
    private static long s_last;

    /// <summary>The next unused id. Any thread.</summary>
    public static ConnectionId Next() => new(Interlocked.Increment(ref s_last));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"c{Value}");
}
