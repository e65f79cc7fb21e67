namespace Gateway.Cli;

/// <summary>
/// A clock that began when a recording did: what a server hides because it is old is then as old as it was. Immutable; any thread.
/// </summary>
internal sealed class RecordedTime : TimeProvider
{
    private readonly TimeSpan _shift;

    private RecordedTime(TimeSpan shift) => _shift = shift;

    /// <param name="began">Null: the time is now.</param>
    public static TimeProvider Beginning(DateTimeOffset? began) => began is { } time ? new RecordedTime(time - System.GetUtcNow()) : System;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + _shift;
}
