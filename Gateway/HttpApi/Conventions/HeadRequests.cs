namespace Gateway.HttpApi.Conventions;

/// <summary>
/// HEAD of a route is GET without the body, as HTTP has it; the server itself leaves the body out. V0 answers it with the head of its web
/// page, whatever the route; probes that ask so for <c>/health</c> get 200 either way. Stateless; any thread.
/// </summary>
internal static class HeadRequests
{
    private const string AskedKey = "Gateway.Head";

    /// <summary>To be called around <paramref name="useRouting"/>: what no route knows stays HEAD.</summary>
    public static IApplicationBuilder UseHeadAsGet(this IApplicationBuilder app, Action<IApplicationBuilder> useRouting)
    {
        app.Use(static (context, next) =>
        {
            if (HttpMethods.IsHead(context.Request.Method))
            {
                context.Items[AskedKey] = true;
                context.Request.Method = HttpMethods.Get;
            }

            return next(context);
        });
        useRouting(app);
        return app.Use(static (context, next) =>
        {
            if (context.GetEndpoint() is null && context.Items.ContainsKey(AskedKey))
            {
                context.Request.Method = HttpMethods.Head;
            }

            return next(context);
        });
    }
}
