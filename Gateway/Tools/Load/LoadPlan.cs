namespace Gateway.Tools.Load;

/// <summary>What the clients of a load do.</summary>
internal enum LoadScenario
{
    /// <summary>Connect, and stay.</summary>
    Idle,

    /// <summary>Connect all at once.</summary>
    Connect,

    /// <summary>One room; one client's actions reach all.</summary>
    Fanout,

    /// <summary>Many rooms, an action in each at a steady rate.</summary>
    Rooms,

    /// <summary>Each client acts, waits until it is shown its action, and acts again.</summary>
    Action,

    /// <summary>Connect with nothing, and take the whole conversation.</summary>
    Replay,

    /// <summary>Rooms whose clients come and go.</summary>
    Mixed,

    /// <summary>Stay, and come back when the server has gone.</summary>
    Return,
}

/// <summary>What a load is to be. Immutable; counts and times are within bounds that its maker has checked.</summary>
internal sealed record LoadPlan(Uri Address, LoadScenario Scenario)
{
    public required int Clients { get; init; }

    /// <summary>Conversations that the clients are spread over.</summary>
    public required int Rooms { get; init; }

    /// <summary>The conversation's id; with several rooms a number follows it.</summary>
    public string Conversation { get; init; } = "load";

    /// <summary>Actions in all; 0: as many as the rate gives in <see cref="Duration"/>.</summary>
    public int Events { get; init; }

    /// <summary>Actions a second in each room; 0: the next as soon as all have the one before.</summary>
    public double Rate { get; init; }

    /// <summary>Bytes of an action's text.</summary>
    public int Size { get; init; } = 500;

    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The server's key; never written anywhere.</summary>
    public string? Key { get; init; }

    /// <summary>What the clients say they have already; null: everything, or nothing in a replay.</summary>
    public long? LatestEventId { get; init; }

    /// <summary>Events that each client is to be given on its connect; 0: not checked.</summary>
    public int Expected { get; init; }

    /// <summary>The name of an event that ends a replay, where a server answers CONNECT before it.</summary>
    public string? Until { get; init; }

    /// <summary>Clients offer <c>permessage-deflate</c>, as browsers do.</summary>
    public bool IsCompressing { get; init; }

    /// <summary>Bytes a second that each client reads; 0: all that comes.</summary>
    public int ReadRate { get; init; }

    /// <summary>So many of the clients never read once they are connected.</summary>
    public int NeverRead { get; init; }

    /// <summary>The share of clients that leave, and come back, each second.</summary>
    public double Churn { get; init; } = 0.01;

    /// <summary>Connects that are under way at one time.</summary>
    public int Connecting { get; init; } = 100;

    /// <summary>Source addresses, from 127.0.0.1 on: each has some 28,000 ports.</summary>
    public int LocalAddresses { get; init; } = 1;

    /// <summary>A TLS server's certificate is not looked at.</summary>
    public bool IsInsecure { get; init; }

    /// <summary>The process id of a server on this machine; 0: not known.</summary>
    public int ServerProcess { get; init; }

    public bool IsSecure => Address.Scheme is "https" or "wss";
}
