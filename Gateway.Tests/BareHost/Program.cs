using Gateway.Tests.BareHost;

// The limit that a benchmark is held against: ASP.NET Core's own WebSocket on Kestrel, which sends prepared bytes. No Engine.IO, no
// Socket.IO, no store; a replay is each page's file to the socket. --urls, FILE_STORE_PATH.
var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.ClearProviders();
var root = Environment.GetEnvironmentVariable("FILE_STORE_PATH") ?? "store";
var rooms = new Dictionary<string, BareRoom>();
var app = builder.Build();
app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = Timeout.InfiniteTimeSpan });
app.Map("/socket.io/", async context =>
{
    if (!context.WebSockets.IsWebSocketRequest)
    {
        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        return;
    }

    var query = context.Request.Query;
    var conversation = query["conversation_id"].ToString();
    var folder = query["latest_event_id"] == "-1" ? Path.Combine(root, "sessions", conversation, "event_cache") : null;
    using var socket = await context.WebSockets.AcceptWebSocketAsync();
    using var bare = new BareSocket(socket, rooms, conversation, Directory.Exists(folder) ? folder : null);
    await bare.RunAsync(context.RequestAborted);
});
await app.RunAsync();
