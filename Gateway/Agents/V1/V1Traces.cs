using System.Diagnostics;

namespace Gateway.Agents.V1;

/// <summary>
/// The spans of what is asked of V1's server, source <c>Gateway.V1</c>. The server gets the trace in the headers of the call, as .NET's
/// HTTP client sends it. Any thread.
/// </summary>
internal static class V1Traces
{
    public const string SourceName = "Gateway.V1";

    private static readonly ActivitySource s_source = new(SourceName);

    /// <summary>The trace of who asks, to be carried to the loop that does it.</summary>
    public static ActivityContext Current => Activity.Current?.Context ?? default;

    /// <summary>A user's action is handed on.</summary>
    /// <param name="asked">The trace of who asked; none for what nobody asked for.</param>
    public static Activity? StartAction(ActivityContext asked) => s_source.StartActivity("gateway.v1.action", ActivityKind.Internal, asked);

    /// <summary>One call, until its answer.</summary>
    public static Activity? StartCall(HttpMethod method, string path)
    {
        if (!s_source.HasListeners())
        {
            return null;
        }

        return s_source.StartActivity("gateway.v1.call")
            ?.SetTag("http.request.method", method.Method).SetTag("http.route", V1Route.Of(path));
    }

    /// <summary>The answer's status, or why there is none.</summary>
    public static void SetOutcome(this Activity? span, string outcome, bool isSuccess)
    {
        span?.SetTag("gateway.v1.outcome", outcome);
        if (!isSuccess)
        {
            span?.SetStatus(ActivityStatusCode.Error);
        }
    }
}
