using System.Text;

using Gateway.EngineIO;
using Gateway.SocketIO;
using Gateway.SocketIO.Namespaces;

using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Support;

/// <summary>
/// A Socket.IO server over <see cref="FakeEngineConnection"/>s and a fake clock, with <see cref="RecordingNamespace"/>s at <c>/</c>
/// and <c>/custom</c>, and one for all names with <c>/orders/</c>. One test, one harness; an error in the log that the test does not
/// expect fails it.
/// </summary>
internal sealed class SocketHarness : IDisposable
{
    private readonly ServiceProvider _services;

    public SocketHarness(Action<SocketIOOptions>? configure = null)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddLogging(logging => logging.AddProvider(Log).SetMinimumLevel(LogLevel.Trace));
        services.AddSingleton<TimeProvider>(Clock);
        services.AddSocketIO();
        services.Configure<SocketIOOptions>(options => configure?.Invoke(options));
        _services = services.BuildServiceProvider();
        Server = _services.GetRequiredService<SocketServer>();
        Main = Server.Of("/", Handler);
        Custom = Server.Of("/custom", CustomHandler);
        Server.OfEach("/orders/", OrdersHandler, "order");
        (Connection, Receiver) = Open();
    }

    public FakeTimeProvider Clock { get; } = new();

    public CapturedLog Log { get; } = new();

    public SocketServer Server { get; }

    public SocketNamespace Main { get; }

    public SocketNamespace Custom { get; }

    public RecordingNamespace Handler { get; } = new();

    public RecordingNamespace CustomHandler { get; } = new();

    public RecordingNamespace OrdersHandler { get; } = new();

    public FakeEngineConnection Connection { get; }

    public IEngineReceiver Receiver { get; }

    public bool ExpectsComplaints { get; set; }

    /// <summary>One more connection.</summary>
    public (FakeEngineConnection Connection, IEngineReceiver Receiver) Open()
    {
        var connection = new FakeEngineConnection();
        return (connection, Server.Open(connection));
    }

    /// <summary>One more client that is in the main namespace.</summary>
    public async Task<(FakeEngineConnection Connection, SocketConnection Socket)> JoinAsync(string connect = "0",
        RecordingNamespace? handler = null)
    {
        var (connection, receiver) = Open();
        await receiver.ReceiveAsync(new EngineMessage(Encoding.UTF8.GetBytes(connect)));
        await connection.NextAsync();
        (await (handler ?? Handler).NextAsync()).Should().Be("connected");
        return (connection, await (handler ?? Handler).NextSocketAsync());
    }

    /// <summary>Connects the harness's own connection to a namespace.</summary>
    public async Task<SocketConnection> ConnectAsync(string connect = "0", RecordingNamespace? handler = null)
    {
        await ReceiveAsync(connect);
        (await Connection.NextAsync()).Should().StartWith(connect);
        (await (handler ?? Handler).NextAsync()).Should().Be("connected");
        return await (handler ?? Handler).NextSocketAsync();
    }

    public Task ReceiveAsync(string text) =>
        Receiver.ReceiveAsync(new EngineMessage(Encoding.UTF8.GetBytes(text))).AsTask().WaitAsync(TestLimits.Step);

    public Task ReceiveAsync(params byte[] data) =>
        Receiver.ReceiveAsync(new EngineMessage(data, IsBinary: true)).AsTask().WaitAsync(TestLimits.Step);

    /// <summary>Waits until a number of timers is set: what sets one may still be at it when its packet has been seen.</summary>
    public Task TimersAsync(int count) => Eventually.IsTrueAsync(() => Clock.ActiveTimers == count, $"{count} timers are set");

    /// <summary>The connection ends, as its transport would end it.</summary>
    public void End(CloseReason reason)
    {
        Connection.Close(reason);
        Receiver.Closed(reason);
    }

    public void Dispose()
    {
        _services.Dispose();
        if (!ExpectsComplaints)
        {
            Log.Complaints.Should().BeEmpty();
        }
    }
}
