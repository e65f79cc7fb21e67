using System.Text.Json;

using Microsoft.Net.Http.Headers;

namespace Gateway.EngineIO.Admission;

/// <summary>
/// A request refused: the codes of the socket.io server, as JSON. Clients of every kind look at the status; people look at the message, so
/// it says what was wrong, and never repeats what was sent. Immutable.
/// </summary>
/// <param name="Code">The socket.io server's.</param>
/// <param name="Message">For people.</param>
/// <param name="Status">HTTP's.</param>
internal sealed record EngineError(int Code, string Message, int Status = StatusCodes.Status400BadRequest)
{
    private const string RetryAfterSeconds = "5";

    public static readonly EngineError UnknownTransport = new(0, "Transport unknown");
    public static readonly EngineError UnknownSession = new(1, "Session ID unknown");
    public static readonly EngineError BadMethod = new(2, "Bad handshake method");
    public static readonly EngineError BadRequest = new(3, "Bad request");
    public static readonly EngineError ForeignOrigin = new(4, "Forbidden: the origin is not allowed", StatusCodes.Status403Forbidden);
    public static readonly EngineError UnsupportedProtocol = new(5, "Unsupported protocol version");

    public static readonly EngineError WrongTransport = BadRequest with { Message = "Bad request: the session is on another transport" };
    public static readonly EngineError Duplicate = BadRequest with { Message = "Bad request: another request of its kind is open" };
    public static readonly EngineError Malformed = BadRequest with { Message = "Bad request: malformed packet" };
    public static readonly EngineError TooManyPackets = BadRequest with { Message = "Bad request: too many packets in a payload" };

    public static readonly EngineError TooLarge =
        new(3, "Bad request: the body is larger than maxPayload", StatusCodes.Status413PayloadTooLarge);

    public static readonly EngineError InboundBudgetSpent = new(
        3, "The server holds as many unfinished messages as it may; try again later", StatusCodes.Status503ServiceUnavailable);

    public static readonly EngineError Full =
        new(3, "The server takes no more sessions at the moment", StatusCodes.Status503ServiceUnavailable) { Limit = "sessions" };

    public static readonly EngineError TooManySessions =
        new(3, "Your address has too many sessions; close some of them", StatusCodes.Status429TooManyRequests)
        {
            Limit = "sessions_of_address",
        };

    public static readonly EngineError TooManyConnects =
        new(3, "Your address opens too many sessions in a second; try again later", StatusCodes.Status429TooManyRequests)
        {
            Limit = "connects_of_address",
        };

    /// <summary>What metrics call the limit that was met; null for an error of another kind. The client may try again.</summary>
    public string? Limit { get; private init; }

    public static EngineError NoWebSocket(string missing) => new(3, $"Bad request: no WebSocket handshake, missing or wrong: {missing}");

    public Task WriteAsync(HttpContext context)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new Body(Code, Message), EngineErrorJson.Default.Body);
        context.Response.StatusCode = Status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        context.Response.Headers[HeaderNames.CacheControl] = "no-store";
        if (Limit is not null)
        {
            context.Response.Headers[HeaderNames.RetryAfter] = RetryAfterSeconds;
        }

        return context.Response.Body.WriteAsync(body, 0, body.Length);
    }

    internal sealed record Body(int Code, string Message);
}
