namespace Gateway.Tests.Conversations.Support;

/// <summary>How long a test waits before it calls something lost: a limit that is reached is a failure, never a measurement.</summary>
internal static class Limits
{
    public static readonly TimeSpan Step = TimeSpan.FromSeconds(30);
}
