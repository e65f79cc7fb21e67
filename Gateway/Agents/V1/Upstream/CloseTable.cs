namespace Gateway.Agents.V1.Upstream;

/// <summary>How a socket ended: the server's close code and reason, or <see cref="Lost"/> when there was none.</summary>
internal readonly record struct SocketEnd(int Code, string Reason = "")
{
    public const int Normal = 1000;
    public const int Lost = 1006;
    public const int Policy = 1008;
    public const int InternalError = 1011;
    public const int Restart = 1012;
    public const int TryLater = 1013;
    public const int AuthenticationFailed = 4001;
    public const int ConversationNotFound = 4004;
    public const int Limit = 4008;
}

/// <summary>
/// When the next socket is opened. REST is asked before it in each case, and what REST says of the conversation comes first.
/// </summary>
internal enum NextTry
{
    /// <summary>At once: the last socket was of use, and the next one goes on where it ended.</summary>
    AtOnce,

    /// <summary>After a wait that grows with each try (<see cref="ReconnectPolicy"/>).</summary>
    Later,

    /// <summary>As <see cref="Later"/>, with a longer wait: the server has asked for patience.</summary>
    MuchLater,
}

/// <summary>What follows one kind of close.</summary>
/// <param name="Code">The close code; 0 for any that has no row.</param>
/// <param name="ReasonStart">How the reason begins; empty for any.</param>
/// <param name="AfterProgress">When the socket has brought events.</param>
/// <param name="Otherwise">When it has brought none.</param>
/// <param name="AsksAtOnce">REST is asked at once whether there is a conversation to come back to, and only then waited.</param>
/// <param name="ReadsLog">What the socket could not bring is read by REST before the next one opens.</param>
/// <param name="Told">What clients are told; null: nothing, they need not know.</param>
/// <param name="Meaning">For a reader of the table.</param>
internal sealed record CloseRow(
    int Code, string ReasonStart, NextTry AfterProgress, NextTry Otherwise, bool AsksAtOnce, bool ReadsLog, string? Told, string Meaning);

/// <summary>
/// The closes of V1's sockets and what follows each (PROTOCOL.md, "V1 closes"). None is final by itself: through a container's outer
/// server every close of the inner one arrives as a plain 1000, so that REST alone tells what is final. Pure.
/// </summary>
internal static class CloseTable
{
    public const string CredentialsReason = "credential_binding_activation_required";
    public const string FrameTooLargeReason = "frame_too_large";
    public const string SlowConsumerReason = "slow_consumer";

    /// <summary>The first row that fits is taken; the last one fits all.</summary>
    public static IReadOnlyList<CloseRow> Rows { get; } =
    [
        new(SocketEnd.Normal, "", NextTry.AtOnce, NextTry.Later, AsksAtOnce: true, ReadsLog: true, null,
            "a container that went to sleep, or any close of the inner server passed on by the outer one"),
        new(SocketEnd.Lost, "", NextTry.Later, NextTry.Later, AsksAtOnce: false, ReadsLog: false, null, "a network or a server that went"),
        new(SocketEnd.Policy, "", NextTry.Later, NextTry.MuchLater, AsksAtOnce: true, ReadsLog: false,
            "The agent server does not take this conversation.", "unknown to the outer server, or without a manifest"),
        new(SocketEnd.InternalError, "", NextTry.Later, NextTry.MuchLater, AsksAtOnce: false, ReadsLog: false,
            "The agent server cannot start this conversation's runtime.",
            "a container that cannot start, an inner server that refused, or `subscribe_failed`"),
        new(SocketEnd.Restart, "", NextTry.Later, NextTry.Later, AsksAtOnce: false, ReadsLog: false, null, "the server restarts"),
        new(SocketEnd.TryLater, SlowConsumerReason, NextTry.AtOnce, NextTry.Later, AsksAtOnce: false, ReadsLog: false, null,
            "too much waited for us; what was taken stays taken"),
        new(SocketEnd.TryLater, FrameTooLargeReason, NextTry.AtOnce, NextTry.Later, AsksAtOnce: false, ReadsLog: true, null,
            "the next event is larger than a frame may be"),
        new(SocketEnd.TryLater, "Too many connections", NextTry.MuchLater, NextTry.MuchLater, AsksAtOnce: false, ReadsLog: false, null,
            "all places of this conversation are taken"),
        new(SocketEnd.TryLater, CredentialsReason, NextTry.MuchLater, NextTry.MuchLater, AsksAtOnce: true, ReadsLog: false,
            "The agent server waits for this conversation's credentials to be activated.", "nobody but its owner can help"),
        new(SocketEnd.TryLater, "", NextTry.MuchLater, NextTry.MuchLater, AsksAtOnce: false, ReadsLog: false, null,
            "a reason of a later version"),
        new(SocketEnd.AuthenticationFailed, "", NextTry.MuchLater, NextTry.MuchLater, AsksAtOnce: true, ReadsLog: false,
            "The agent server's socket refused the session key.", "the key; final when REST refuses it too"),
        new(SocketEnd.ConversationNotFound, "", NextTry.Later, NextTry.Later, AsksAtOnce: true, ReadsLog: false, null,
            "unknown; final when REST does not know it either"),
        new(SocketEnd.Limit, "", NextTry.MuchLater, NextTry.MuchLater, AsksAtOnce: false, ReadsLog: false, null, "a limit of the server's"),
        new(0, "", NextTry.Later, NextTry.MuchLater, AsksAtOnce: true, ReadsLog: true, null, "a code of a later version"),
    ];

    public static CloseRow Find(SocketEnd end) => Rows.First(row =>
        (row.Code == end.Code || row.Code == 0) && end.Reason.StartsWith(row.ReasonStart, StringComparison.OrdinalIgnoreCase));
}
