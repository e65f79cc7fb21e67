namespace Gateway.EngineIO.Sessions;

/// <summary>What waits for its time in a <see cref="HeartbeatWheel"/>, whose lock guards its place there.</summary>
internal abstract class WheelEntry
{
    public const long NotSet = -1;

    /// <summary>The tick at which its time has come; <see cref="NotSet"/> when it waits for none.</summary>
    public long Due { get; set; } = NotSet;

    public WheelEntry? Next { get; set; }

    public WheelEntry? Previous { get; set; }

    /// <summary>Its time has come. Called without the wheel's lock, on any thread; it may have been removed just now.</summary>
    public abstract void Check();
}
