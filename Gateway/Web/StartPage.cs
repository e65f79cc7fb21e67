namespace Gateway.Web;

/// <summary>
/// What a browser sees at <c>/</c> when no web UI's folder is set: what this is, and how a UI or a client is pointed at it. It tells
/// nothing of the server's state that is not open to everybody. Stateless; any thread.
/// </summary>
internal static class StartPage
{
    public static Task ServeAsync(HttpContext context)
    {
        if (context.Request.Path != "/")
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            context.Response.ContentType = "application/json";
            return context.Response.WriteAsync("""{"detail":"Not Found"}""", context.RequestAborted);
        }

        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'";
        return context.Response.WriteAsync(Html, context.RequestAborted);
    }

    private const string Html = """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Gateway</title>
        <style>
          body { font: 16px/1.55 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1.25rem; color: #1c2330; background: #fbfbfd }
          h1 { font-size: 1.6rem; margin-bottom: .25rem } h2 { font-size: 1.1rem; margin-top: 2rem }
          code, pre { font: 14px/1.5 ui-monospace, monospace; background: #eef0f4; border-radius: 4px }
          code { padding: .1em .35em } pre { padding: .8rem 1rem; overflow-x: auto }
          .ok { color: #146c37; font-weight: 600 }
          @media (prefers-color-scheme: dark) { body { color: #e4e8f0; background: #14171d } code, pre { background: #232833 } .ok { color: #5ad18b } }
        </style>
        <h1>Gateway</h1>
        <p>Serves every client of the OpenHands V0 server. <span class="ok">It is up</span>: Socket.IO at <code>/socket.io</code>, V0's REST at <code>/api</code>
        (<a href="docs">all routes</a>).</p>
        <h2>Point V0's web UI at it</h2>
        <p>No web UI is set. Name the built folder of V0's own, and open this page again:</p>
        <pre>--Web:Root path/to/frontend/build</pre>
        <p>A V0 deployment's <code>SERVE_FRONTEND=true</code> with <code>./frontend/build</code> in the working directory works as well.</p>
        <h2>Point a script at it</h2>
        <pre>const socket = io("http://this-host:3000", {
          transports: ["websocket"],
          query: { conversation_id: "demo", latest_event_id: -1 },
        });
        socket.on("oh_event", (event) =&gt; console.log(event));
        socket.emit("oh_user_action", { action: "message", args: { content: "Hello" } });</pre>
        </html>
        """;
}
