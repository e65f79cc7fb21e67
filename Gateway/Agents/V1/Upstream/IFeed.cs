namespace Gateway.Agents.V1.Upstream;

/// <summary>
/// One generation of socket: turns its frames into the events of the log, in order and once each. Used by the connection's loop.
/// </summary>
internal interface IFeed
{
    /// <summary>All that the server has shown so far is taken.</summary>
    bool IsSettled { get; }

    /// <summary>All that the log had at the opening is taken.</summary>
    bool IsCaughtUp { get; }

    /// <summary>When <see cref="AdvanceAsync"/> has something to do without a frame; null: not.</summary>
    TimeSpan? DueAfter { get; }

    /// <summary>A frame. Nothing is done with it before <see cref="AdvanceAsync"/>, but that a flood is not kept.</summary>
    ValueTask AddAsync(string frame, CancellationToken cancellationToken);

    /// <summary>A frame has come that could not be kept: the log has what was in it.</summary>
    void Missed();

    /// <summary>Takes what is in order, and reads what is missing when it is due.</summary>
    ValueTask AdvanceAsync(CancellationToken cancellationToken);
}
