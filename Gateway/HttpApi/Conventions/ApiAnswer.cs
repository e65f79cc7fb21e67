using System.Text;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Conventions;

/// <summary>
/// An answer as V0's routes give it: a status and a body of compact JSON (or plain text) whose bytes are ready. Immutable, so a body that
/// is the same for many requests may be kept. Source: PROTOCOL.md, "V0 REST".
/// </summary>
/// <param name="status">The HTTP status.</param>
/// <param name="body">The body's bytes.</param>
/// <param name="contentType">The body's type.</param>
/// <param name="endsConnection">As V0 after a failure: without any of the headers that other answers have, and the connection is not used
/// again.</param>
internal sealed class ApiAnswer(int status, ReadOnlyMemory<byte> body, string contentType, bool endsConnection = false) : IResult
{
    private const string Json = "application/json";
    private const string Text = "text/plain; charset=utf-8";

    /// <summary>V0's answer to what it did not expect: no word about the cause leaves the server.</summary>
    public static readonly ApiAnswer InternalError =
        new(StatusCodes.Status500InternalServerError, "Internal Server Error"u8.ToArray(), Text, endsConnection: true);

    public static readonly ApiAnswer Unauthorized = Detail(StatusCodes.Status401Unauthorized, "Unauthorized");

    public static readonly ApiAnswer NotFound = Detail(StatusCodes.Status404NotFound, "Not Found");

    public static readonly ApiAnswer MethodNotAllowed = Detail(StatusCodes.Status405MethodNotAllowed, "Method Not Allowed");

    public int Status { get; } = status;

    public ReadOnlyMemory<byte> Body { get; } = body;

    /// <summary>A body that is JSON in UTF-8 already.</summary>
    public static ApiAnswer OfJson(ReadOnlyMemory<byte> json, int status = StatusCodes.Status200OK) => new(status, json, Json);

    /// <summary>The token is written at once: later changes to it do not show.</summary>
    public static ApiAnswer Of(JToken json, int status = StatusCodes.Status200OK) =>
        new(status, Encoding.UTF8.GetBytes(json.ToString(Formatting.None)), Json);

    public static ApiAnswer Detail(int status, string detail) => Of(new JObject { ["detail"] = detail }, status);

    public static ApiAnswer Message(string message, int status = StatusCodes.Status200OK) =>
        Of(new JObject { ["message"] = message }, status);

    public static ApiAnswer Error(int status, string error) => Of(new JObject { ["error"] = error }, status);

    public static ApiAnswer OfText(int status, string text) => new(status, Encoding.UTF8.GetBytes(text), Text);

    public Task ExecuteAsync(HttpContext httpContext) => WriteAsync(httpContext, httpContext.RequestAborted);

    /// <summary>As <see cref="ExecuteAsync"/>, for a request that is being given up otherwise.</summary>
    public Task WriteAsync(HttpContext httpContext, CancellationToken cancellationToken)
    {
        var response = httpContext.Response;
        if (endsConnection)
        {
            response.Headers.Clear();
            response.Headers.Connection = "close";
        }

        response.StatusCode = Status;
        response.ContentType = contentType;
        response.ContentLength = Body.Length;
        return response.Body.WriteAsync(Body, cancellationToken).AsTask();
    }
}
