namespace Gateway.SocketIO;

/// <summary>A CONNECT packet's content (Socket.IO 5, "Connection to a namespace"). Immutable.</summary>
/// <param name="Auth">The auth payload, a JSON object in UTF-8, or empty when there was none. Holds secrets: never log it.</param>
internal readonly record struct ConnectRequest(ReadOnlyMemory<byte> Auth);

/// <summary>
/// What a handler decides on a CONNECT: accepted, or refused with what CONNECT_ERROR says (<c>message</c>, and <c>data</c> as JSON), which
/// clients see as <c>connect_error</c>. Immutable.
/// </summary>
internal sealed record ConnectDecision
{
    public static ConnectDecision Accepted { get; } = new();

    /// <summary>Null when accepted.</summary>
    public string? RefusalMessage { get; private init; }

    /// <summary>CONNECT_ERROR's <c>data</c>, a JSON value in UTF-8; empty for none.</summary>
    public ReadOnlyMemory<byte> RefusalData { get; private init; }

    public bool IsAccepted => RefusalMessage is null;

    public static ConnectDecision Refused(string message, ReadOnlyMemory<byte> data = default) =>
        new() { RefusalMessage = message, RefusalData = data };
}
