namespace Gateway.HttpApi.Conventions;

/// <summary>
/// What a browser must not do with an answer, page or JSON: show it inside a page of another origin, take it for another type than it
/// says, tell other origins the address of a conversation. V0 sends none of these, and its web UI needs none of what they forbid.
/// Stateless; any thread.
/// </summary>
internal static class SecurityHeaders
{
    /// <summary>Sets them when the answer starts, so that an answer given instead of another has them too.</summary>
    public static void SetOn(HttpResponse response) =>
        response.OnStarting(
            static state =>
            {
                var headers = (IHeaderDictionary)state;
                headers.XContentTypeOptions = "nosniff";
                headers.XFrameOptions = "SAMEORIGIN";
                headers["Referrer-Policy"] = "same-origin";
                return Task.CompletedTask;
            },
            response.Headers);
}
