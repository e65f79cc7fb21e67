namespace Gateway.Tools.Load;

/// <summary>How many of what. The loop's thread counts; any thread may look, and sees a moment ago.</summary>
internal sealed class LoadCounters
{
    /// <summary>Clients that are connected now.</summary>
    public int Live { get; set; }

    /// <summary>Connects that were answered.</summary>
    public long Connected { get; set; }

    /// <summary>Connects that were not.</summary>
    public long Failed { get; set; }

    /// <summary>Connections that ended without the client's doing.</summary>
    public long Lost { get; set; }

    public long Pings { get; set; }

    /// <summary>As they came over the network, in the clear.</summary>
    public long Bytes { get; set; }

    /// <summary>Messages that came compressed.</summary>
    public long Compressed { get; set; }

    /// <summary>All events that came, replayed ones among them.</summary>
    public long Events { get; set; }

    /// <summary>Actions that were sent.</summary>
    public long Sent { get; set; }

    /// <summary>Events that clients are owed.</summary>
    public long Expected { get; set; }

    /// <summary>Events of those that came.</summary>
    public long Received { get; set; }

    /// <summary>Events that a client was given before.</summary>
    public long Twice { get; set; }

    public long Missing => Math.Max(0, Expected - Received);
}
