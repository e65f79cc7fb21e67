using System.Globalization;

using Gateway.EngineIO;
using Gateway.SocketIO.Namespaces;
using Gateway.Tests.ConformanceHost;

// The Engine.IO and Socket.IO layers alone, behind the small application that protocol conformance runs ask for:
// --urls, --ping-interval, --ping-timeout, --connect-timeout (milliseconds), --max-payload (bytes).
var builder = WebApplication.CreateBuilder(args);
var given = builder.Configuration;
builder.Services.AddEngineIO();
builder.Services.AddSocketIO();
builder.Services.Configure<EngineOptions>(options =>
{
    options.PingInterval = Milliseconds("ping-interval") ?? options.PingInterval;
    options.PingTimeout = Milliseconds("ping-timeout") ?? options.PingTimeout;
    options.MaxPayloadBytes = Number("max-payload") ?? options.MaxPayloadBytes;

    // Conformance runs ask for an error where V0 takes a request without this parameter for polling.
    options.RequireTransport = true;
});
builder.Services.Configure<SocketIOOptions>(
    options => options.ConnectTimeout = Milliseconds("connect-timeout") ?? options.ConnectTimeout);

var app = builder.Build();
var server = app.Services.GetRequiredService<SocketServer>();
var echo = new EchoNamespace();
server.Of("/", echo);
server.Of("/custom", echo);
app.MapEngineIO("/engine.io", new EchoApplication());
app.MapEngineIO("/socket.io", server);
app.EndSessionsWithHost(() => server.WhenIdleAsync(CancellationToken.None));
await app.RunAsync();

int? Number(string name) => given[name] is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

TimeSpan? Milliseconds(string name) => Number(name) is { } number ? TimeSpan.FromMilliseconds(number) : null;
