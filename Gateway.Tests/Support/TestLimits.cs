namespace Gateway.Tests.Support;

/// <summary>
/// How long a test waits before it calls something lost. Generous: a limit that is reached is a failure, never a measurement.
/// </summary>
internal static class TestLimits
{
    /// <summary>One step against a server or a program on this machine.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromSeconds(30);

    /// <summary>A browser's start, or a build tool's run.</summary>
    public static readonly TimeSpan Slow = TimeSpan.FromMinutes(2);
}
