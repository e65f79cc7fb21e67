using System.Text.Json;

using Microsoft.Net.Http.Headers;

namespace Gateway.EngineIO.Admission;

/// <summary>
/// A request refused: the codes of the socket.io server, as JSON. Clients of every kind look at the status; people look at the message, so
/// it says what was wrong, and never repeats what was sent. Immutable.
/// </summary>
/// <param name="Code">Of the socket.io server.</param>
/// <param name="MetricTag">What a metric calls it: one of a fixed set.</param>
/// <param name="Message">For people.</param>
/// <param name="Status">Of the answer.</param>
internal sealed record EngineError(int Code, string MetricTag, string Message, int Status = StatusCodes.Status400BadRequest)
{
    private const string RetryAfterSeconds = "5";

    public static readonly EngineError UnknownTransport = new(0, "unknown_transport", "Transport unknown");
    public static readonly EngineError UnknownSession = new(1, "unknown_session", "Session ID unknown");
    public static readonly EngineError BadMethod = new(2, "bad_method", "Bad handshake method");
    public static readonly EngineError BadRequest = new(3, "bad_request", "Bad request");
    public static readonly EngineError ForeignOrigin =
        new(4, "foreign_origin", "Forbidden: the origin is not allowed", StatusCodes.Status403Forbidden);
    public static readonly EngineError UnsupportedProtocol = new(5, "unsupported_protocol", "Unsupported protocol version");

    public static readonly EngineError WrongTransport =
        BadRequest with { MetricTag = "wrong_transport", Message = "Bad request: the session is on another transport" };
    public static readonly EngineError Duplicate =
        BadRequest with { MetricTag = "duplicate_request", Message = "Bad request: another request of its kind is open" };
    public static readonly EngineError Malformed =
        BadRequest with { MetricTag = "malformed_packet", Message = "Bad request: malformed packet" };
    public static readonly EngineError TooManyPackets =
        BadRequest with { MetricTag = "too_many_packets", Message = "Bad request: too many packets in a payload" };

    public static readonly EngineError TooLarge =
        new(3, "payload_too_large", "Bad request: the body is larger than maxPayload", StatusCodes.Status413PayloadTooLarge);

    public static readonly EngineError InboundBudgetSpent = new(
        3, "inbound_budget_spent", "The server holds as many unfinished messages as it may; try again later",
        StatusCodes.Status503ServiceUnavailable);

    public static readonly EngineError Full =
        new(3, "full", "The server takes no more sessions at the moment", StatusCodes.Status503ServiceUnavailable) { MayTryAgain = true };

    public static readonly EngineError Draining = new(
        3, "draining", "The server is about to stop and takes no new sessions; try again in a moment",
        StatusCodes.Status503ServiceUnavailable)
    {
        MayTryAgain = true,
    };

    public static readonly EngineError TooManySessions = new(
        3, "sessions_of_address", "Your address has too many sessions; close some of them", StatusCodes.Status429TooManyRequests)
    {
        MayTryAgain = true,
    };

    public static readonly EngineError TooManyConnects = new(
        3, "connects_of_address", "Your address opens too many sessions in a second; try again later",
        StatusCodes.Status429TooManyRequests)
    {
        MayTryAgain = true,
    };

    /// <summary>A limit was met, or the server is about to stop: the client is told when it may try again.</summary>
    public bool MayTryAgain { get; private init; }

    public static EngineError NoWebSocket(string missing) =>
        new(3, "no_websocket", $"Bad request: no WebSocket handshake, missing or wrong: {missing}");

    public Task WriteAsync(HttpContext context)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new Body(Code, Message), EngineErrorJson.Default.Body);
        context.Response.StatusCode = Status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        context.Response.Headers[HeaderNames.CacheControl] = "no-store";
        if (MayTryAgain)
        {
            context.Response.Headers[HeaderNames.RetryAfter] = RetryAfterSeconds;
        }

        return context.Response.Body.WriteAsync(body, 0, body.Length);
    }

    internal sealed record Body(int Code, string Message);
}
