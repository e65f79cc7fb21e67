using System.Text;

using Gateway.EngineIO;
using Gateway.SocketIO;
using Gateway.SocketIO.Namespaces;
using Gateway.Tests.Support;

using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Gateway.Tests.SocketIO.Namespaces;

/// <summary>Namespaces that are there while somebody is in them, several on one connection.</summary>
public sealed class DynamicNamespaceTests : IDisposable
{
    private readonly SocketHarness _harness = new(static options => options.MaxNamespaces = 3);

    public void Dispose() => _harness.Dispose();

    [Fact]
    public async Task Connect_NamesOfAFamily_ReachItsHandlerAndAreGoneWithTheirLastSocket()
    {
        var first = await OrderAsync("1");
        var second = await OrderAsync("2");
        var (other, _) = await _harness.JoinAsync("0/orders/1,", _harness.OrdersHandler);

        first.NamespaceName.Should().Be("/orders/1");
        second.NamespaceName.Should().Be("/orders/2");
        _harness.Server.DynamicCount.Should().Be(2);
        await _harness.ReceiveAsync("1/orders/2,");
        (await _harness.OrdersHandler.NextAsync()).Should().Be("disconnected ClientDisconnect");
        await _harness.ReceiveAsync("1/orders/1,");
        (await _harness.OrdersHandler.NextAsync()).Should().Be("disconnected ClientDisconnect");
        await CountAsync(1);
        other.Close(CloseReason.ClientClosed);
        _harness.Server.Serves("/orders/1").Should().BeTrue();
    }

    [Theory]
    [InlineData("/orders/")]
    [InlineData("/orders")]
    [InlineData("/other/1")]
    public async Task Connect_NameOfNoFamily_IsRefused(string name)
    {
        await _harness.ReceiveAsync($"0{name},");

        (await _harness.Connection.NextAsync()).Should().Be($"4{name},{{\"message\":\"Invalid namespace\"}}");
        _harness.Server.DynamicCount.Should().Be(0);
        _harness.Connection.IsShared.Should().BeFalse();
    }

    [Fact]
    public async Task Connect_StrangerAsksForManyNames_LeavesNothingBehind()
    {
        _harness.OrdersHandler.OnConnect = static (_, _, _) => new(ConnectDecision.Refused("no"));

        for (var i = 0; i < 1_000; i++)
        {
            await _harness.ReceiveAsync($"0/orders/{i},");
            (await _harness.Connection.NextAsync()).Should().Be($"4/orders/{i},{{\"message\":\"no\"}}");
            await CountAsync(0);
        }

        _harness.Server.DynamicCount.Should().Be(0);
    }

    [Fact]
    public async Task Connect_OneNamespaceTooMany_IsRefusedUntilOneIsLeft()
    {
        await OrderAsync("1");
        await OrderAsync("2");
        await OrderAsync("3");

        await _harness.ReceiveAsync("0/orders/4,");
        (await _harness.Connection.NextAsync())
            .Should().Be("4/orders/4,{\"message\":\"Too many namespaces on this connection\"}");
        await _harness.ReceiveAsync("1/orders/2,");
        (await _harness.OrdersHandler.NextAsync()).Should().Be("disconnected ClientDisconnect");
        await CountAsync(2);
        await OrderAsync("4");
    }

    /// <summary>
    /// A library's socket that leaves before its CONNECT is answered does not say so, and hears nothing until it asks again: refused, it
    /// would stay deaf.
    /// </summary>
    [Fact]
    public async Task Connect_WhileConnected_BeginsAnew()
    {
        var first = await OrderAsync("1");

        await _harness.ReceiveAsync("0/orders/1,{\"again\":true}");

        (await _harness.OrdersHandler.NextAsync()).Should().Be("disconnected ClientDisconnect");
        (await _harness.OrdersHandler.NextAsync()).Should().Be("connected");
        var second = await _harness.OrdersHandler.NextSocketAsync();
        (await _harness.Connection.NextAsync()).Should().Be($"0/orders/1,{{\"sid\":\"{second.Id}\"}}");
        second.Id.Should().NotBe(first.Id);
        _harness.OrdersHandler.Overlapped.Should().BeFalse();
        await CountAsync(1);
    }

    [Fact]
    public async Task Connection_OnlyInANamespaceOfItsOwn_StaysAndIsShared()
    {
        await OrderAsync("1");

        await _harness.TimersAsync(0);
        _harness.Connection.IsShared.Should().BeTrue();
        _harness.Clock.Advance(_harness.Server.Options.ConnectTimeout * 2);
        _harness.Connection.IsClosed.Should().BeFalse();
    }

    [Fact]
    public async Task Connection_InOtherNamespaces_IsNotShared()
    {
        await _harness.ConnectAsync();
        await _harness.ConnectAsync("0/custom,", _harness.CustomHandler);

        _harness.Connection.IsShared.Should().BeFalse();
    }

    [Fact]
    public async Task TrySend_OnePreparedEventToMany_IsWrittenOnceForEachWayToWriteIt()
    {
        var main = await _harness.ConnectAsync();
        var order = await OrderAsync("1");
        var (second, same) = await _harness.JoinAsync("0/orders/1,", _harness.OrdersHandler);
        var prepared = PreparedEvents.Create("oh_event", "{\"id\":1}"u8);

        main.TrySend(prepared);
        order.TrySend(prepared);
        same.TrySend(prepared);

        var toMain = await _harness.Connection.NextMessageAsync();
        var toOrder = await _harness.Connection.NextMessageAsync();
        var toSame = await second.NextMessageAsync();
        toMain.Data.Equals(prepared.Packet).Should().BeTrue("the main form is not copied");
        Encoding.UTF8.GetString(toOrder.Data.Span).Should().Be("2/orders/1,[\"oh_event\",{\"id\":1}]");
        toSame.Data.Equals(toOrder.Data).Should().BeTrue("a form is made once");
        toSame.Deflated.Should().NotBeNull().And.BeSameAs(toOrder.Deflated).And.NotBeSameAs(toMain.Deflated);
    }

    [Fact]
    public async Task SendAsync_BatchForASocket_IsWrittenForItsNamespace()
    {
        var order = await OrderAsync("1");
        var batch = order.CreateBatch("oh_event");
        batch.Add("1"u8);
        batch.Add("{\"a\":"u8, "2"u8, "}"u8);

        (await order.SendAsync(batch.Build(), CancellationToken.None)).Should().BeTrue();

        (await _harness.Connection.NextAsync()).Should().Be("2/orders/1,[\"oh_event\",1]");
        (await _harness.Connection.NextAsync()).Should().Be("2/orders/1,[\"oh_event\",{\"a\":2}]");
    }

    [Fact]
    public async Task EndAccess_OfOneOfTwo_LeavesTheOther()
    {
        var first = await OrderAsync("1");
        var second = await OrderAsync("2");

        first.EndAccess();

        (await _harness.Connection.NextAsync()).Should().Be("1/orders/1,");
        (await _harness.OrdersHandler.NextAsync()).Should().Be("disconnected AccessEnded");
        second.Emit("still", "[]"u8).Should().BeTrue();
        (await _harness.Connection.NextAsync()).Should().Be("2/orders/2,[\"still\"]");
        _harness.Connection.IsClosed.Should().BeFalse();
    }

    [Fact]
    public async Task EndAccess_OfTheOnlyOne_EndsTheConnection()
    {
        var socket = await OrderAsync("1");

        socket.EndAccess();

        (await _harness.Connection.NextAsync()).Should().Be("1/orders/1,");
        (await _harness.Connection.Closed).Should().Be(CloseReason.ServerClosed);
        (await _harness.OrdersHandler.NextAsync()).Should().Be("disconnected AccessEnded");
    }

    [Fact]
    public async Task Events_BeforeTheConnect_AreKeptForFewNamesAlone()
    {
        await _harness.ReceiveAsync("2/orders/1,[\"early\"]");
        await OrderAsync("1");
        (await _harness.OrdersHandler.NextAsync()).Should().Be("early[]");

        for (var i = 2; i < 6; i++)
        {
            await _harness.ReceiveAsync($"2/orders/{i},[\"early\"]");
        }

        (await _harness.Connection.Closed).Should().Be(CloseReason.TooManyPackets);
    }

    [Fact]
    public async Task Event_ForANamespaceThatWasLeft_IsDroppedWhileThatIsRemembered()
    {
        using var harness = new SocketHarness();
        for (var i = 0; i < 10; i++)
        {
            await JoinAndLeaveAsync(harness, i);
        }

        // The one before last was left a moment ago; the first is as if it had never been.
        await harness.ReceiveAsync("2/orders/8,[\"late\"]");
        await harness.ReceiveAsync("2/orders/0,[\"early\"]");
        await harness.ReceiveAsync("0/orders/8,");
        (await harness.OrdersHandler.NextAsync()).Should().Be("connected");
        await harness.ReceiveAsync("0/orders/0,");
        (await harness.OrdersHandler.NextAsync()).Should().Be("connected");
        (await harness.OrdersHandler.NextAsync()).Should().Be("early[]");
        harness.OrdersHandler.HasNotes.Should().BeFalse();
    }

    [Fact]
    public async Task Closed_Connection_IsWrittenDownWithItsNamespaces()
    {
        using var logs = new ScopesOfConnections();
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(logs));
        using var meters = new TestMeterFactory();
        var server = new SocketServer(
            Options.Create(new SocketIOOptions()), new SocketMetrics(meters), TestBudgets.Create(), TimeProvider.System, loggers);
        var handler = new RecordingNamespace();
        server.OfEach("/orders/", handler, "order");
        var connection = new FakeEngineConnection();
        var receiver = server.Open(connection);
        foreach (var name in new[] { "1", "two\n" })
        {
            await receiver.ReceiveAsync(new EngineMessage(Encoding.UTF8.GetBytes($"0/orders/{name},")));
            (await handler.NextAsync()).Should().Be("connected");
        }

        connection.Close(CloseReason.ClientClosed);
        receiver.Closed(CloseReason.ClientClosed);

        logs.Seen.Should().ContainSingle().Which.Should().Be($"connection_id={connection.Id} order=1,two?");
    }

    private static async Task JoinAndLeaveAsync(SocketHarness harness, int order)
    {
        await harness.ReceiveAsync($"0/orders/{order},");
        (await harness.OrdersHandler.NextAsync()).Should().Be("connected");
        await harness.ReceiveAsync($"1/orders/{order},");
        (await harness.OrdersHandler.NextAsync()).Should().Be("disconnected ClientDisconnect");
        await Eventually.IsTrueAsync(() => harness.Server.DynamicCount == 0, "it is over");
    }

    private async Task<SocketConnection> OrderAsync(string name)
    {
        await _harness.ReceiveAsync($"0/orders/{name},");
        (await _harness.Connection.NextAsync()).Should().StartWith($"0/orders/{name},{{\"sid\"");
        (await _harness.OrdersHandler.NextAsync()).Should().Be("connected");
        return await _harness.OrdersHandler.NextSocketAsync();
    }

    // A namespace is dropped when its handler has heard of the end of its last socket.
    private Task CountAsync(int count) =>
        Eventually.IsTrueAsync(() => _harness.Server.DynamicCount == count, $"there are {count} namespaces");

    /// <summary>The scopes of the lines about ended connections.</summary>
    private sealed class ScopesOfConnections : ILoggerProvider, ILogger
    {
        private string _scope = "";

        public List<string> Seen { get; } = [];

        public ILogger CreateLogger(string categoryName) =>
            categoryName == ConnectionLog.Category ? this : NullLogger.Instance;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            _scope = state.ToString() ?? "";
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Seen.Add(_scope);

        public void Dispose()
        {
        }
    }
}
