namespace Gateway.Tools.Har;

/// <summary>
/// One Engine.IO session as a HAR shows it, whatever carried it: a WebSocket, polling exchanges with one <c>sid</c>, or polling that was
/// upgraded. Frames in the order of their time. Immutable.
/// </summary>
internal sealed record SocketRecording
{
    /// <summary>The request that opened the session.</summary>
    public required HarEntry Opening { get; init; }

    /// <summary>The decoded query of <see cref="Opening"/>; a name may repeat.</summary>
    public required ILookup<string, string> Query { get; init; }

    public required IReadOnlyList<SocketFrame> Frames { get; init; }

    /// <summary>Every exchange of the session, in the order of its start.</summary>
    public required IReadOnlyList<HarEntry> Entries { get; init; }

    /// <summary>The WebSocket under the session: from the start, by upgrade, or none.</summary>
    public HarEntry? WebSocket { get; init; }

    public bool StartsWithPolling => !ReferenceEquals(Opening, WebSocket);

    /// <summary>When the session was over, as far as the file shows.</summary>
    public required DateTimeOffset Ended { get; init; }

    public string? Parameter(string name) => Query[name].FirstOrDefault();
}

/// <summary>One Engine.IO packet of a session.</summary>
/// <param name="Text">The packet as text; of a binary one, its bytes in base64.</param>
/// <param name="Entry">The entry that carried it.</param>
internal readonly record struct SocketFrame(DateTimeOffset Time, bool FromClient, bool IsBinary, string Text, HarEntry Entry);

/// <summary>What a HAR shows of Socket.IO, and what else it holds. Immutable.</summary>
/// <param name="UnmatchedRequests">Requests to the Socket.IO endpoint that opened no session and belong to none.</param>
/// <param name="OtherRequests">Requests to anything else: REST.</param>
internal sealed record SocketRecordings(
    IReadOnlyList<SocketRecording> Sessions, IReadOnlyList<HarEntry> UnmatchedRequests, IReadOnlyList<HarEntry> OtherRequests)
{
    /// <summary>When the recorded server went down and came back, in their order.</summary>
    public IReadOnlyList<DateTimeOffset> Restarts { get; init; } = [];

    /// <summary>What was tried while it was down: nobody answered.</summary>
    public IReadOnlyList<HarEntry> WhileDown { get; init; } = [];
}
