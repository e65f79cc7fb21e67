using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Upstream;

/// <summary>
/// What a call to the server gave. Status 0 is no answer: <see cref="IsUnknown"/> says whether the call may be done all the same.
/// </summary>
/// <param name="IsUnknown">The call was sent, or may have been: the server may have done it, or do it yet.</param>
internal readonly record struct RestResult(int Status, JToken? Body, bool IsUnknown = false)
{
    /// <summary>No connection was made: the server has not heard of the call.</summary>
    public static RestResult Unreachable => default;

    /// <summary>The connection was lost, or the limit passed, before the answer.</summary>
    public static RestResult NoAnswer => new(0, null, IsUnknown: true);

    /// <summary>The answer was longer than is read.</summary>
    public static RestResult TooLarge => new(-1, null);

    public bool IsTooLarge => Status < 0;

    public bool IsSuccess => Status is >= 200 and < 300;

    public bool IsUnauthorized => Status is 401 or 403;

    public JObject? Object => Body as JObject;

    /// <summary>The server's reason, for a client's eyes: short, and never more than its own <c>detail</c>.</summary>
    public string Problem => Status == 0 ? "The agent server cannot be reached."
        : IsTooLarge ? "The agent server's answer is too large."
        : Object?.TextOrNull("detail") is { Length: > 0 } detail
            ? $"The agent server answered {Status}: {(detail.Length <= 200 ? detail : detail[..200])}"
        : $"The agent server answered {Status}.";
}
