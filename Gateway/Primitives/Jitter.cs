namespace Gateway.Primitives;

/// <summary>Times that many wait for, spread so that they do not all come at once. Any thread.</summary>
internal static class Jitter
{
    /// <summary>At random between three and five quarters of a time.</summary>
    public static TimeSpan Around(TimeSpan time) => time * (0.75 + (Random.Shared.NextDouble() / 2));
}
