using Gateway.EngineIO;
using Gateway.SocketIO;
using Gateway.Tests.Support;

namespace Gateway.Tests.SocketIO.Rooms;

public sealed class RoomTests : IDisposable
{
    private readonly SocketHarness _harness = new();

    public void Dispose() => _harness.Dispose();

    [Fact]
    public async Task Emit_ToARoom_ReachesItsMembersAlone()
    {
        var (inside, first) = await _harness.JoinAsync();
        var (outside, _) = await _harness.JoinAsync();
        first.Join("room");
        first.Join("room");

        _harness.Main.To("room").Emit("a", "[1]"u8).Should().Be(1);
        _harness.Main.To("other").Emit("a", "[1]"u8).Should().Be(0);

        (await inside.NextAsync()).Should().Be("2[\"a\",1]");
        outside.HasSent.Should().BeFalse();
        inside.HasSent.Should().BeFalse();
    }

    [Fact]
    public async Task Emit_ToARoomExceptSome_LeavesThemOut()
    {
        var clients = new[] { await _harness.JoinAsync(), await _harness.JoinAsync(), await _harness.JoinAsync() };
        Array.ForEach(clients, static client => client.Socket.Join("room"));

        _harness.Main.To("room").Except(clients[0].Socket).Except(clients[2].Socket)
            .Emit(PreparedEvents.Create("a", "1"u8)).Should().Be(1);

        (await clients[1].Connection.NextAsync()).Should().Be("2[\"a\",1]");
        clients[0].Connection.HasSent.Should().BeFalse();
        clients[2].Connection.HasSent.Should().BeFalse();
    }

    [Fact]
    public async Task Emit_ToARoomOfAnotherNamespace_CarriesItsName()
    {
        var (connection, socket) = await _harness.JoinAsync("0/custom,", _harness.CustomHandler);
        socket.Join("room");

        _harness.Custom.To("room").Emit("a", "[{\"_placeholder\":true,\"num\":0}]"u8, [new byte[] { 1 }]).Should().Be(1);
        _harness.Main.To("room").Emit("a", "[]"u8).Should().Be(0, "rooms of different namespaces are different rooms");

        (await connection.NextAsync()).Should().Be("51-/custom,[\"a\",{\"_placeholder\":true,\"num\":0}]");
        (await connection.NextMessageAsync()).Data.ToArray().Should().Equal(1);
    }

    [Fact]
    public async Task Emit_PreparedEventToAnotherNamespace_IsWrittenForIt()
    {
        var socket = await _harness.ConnectAsync("0/custom,", _harness.CustomHandler);
        socket.Join("room");

        _harness.Custom.To("room").Emit(PreparedEvents.Create("a", "1"u8)).Should().Be(1);

        (await _harness.Connection.NextAsync()).Should().Be("2/custom,[\"a\",1]");
    }

    [Fact]
    public async Task Leave_Room_EndsItsEvents()
    {
        var (connection, socket) = await _harness.JoinAsync();
        socket.Join("room");
        socket.Join("other");

        socket.Leave("room");
        socket.Leave("never joined");

        _harness.Main.To("room").Emit("a", "[]"u8).Should().Be(0);
        _harness.Main.To("other").Emit("a", "[]"u8).Should().Be(1);
        (await connection.NextAsync()).Should().Be("2[\"a\"]");
    }

    [Theory]
    [InlineData("client")]
    [InlineData("server")]
    [InlineData("connection")]
    [InlineData("malformed")]
    [InlineData("refused")]
    public async Task Rooms_OnEveryWayOut_AreLeftAndCannotBeEnteredAgain(string way)
    {
        _harness.Handler.OnConnect = (joining, _, _) =>
        {
            joining.Join("room");
            return new(way == "refused" ? ConnectDecision.Refused("no") : ConnectDecision.Accepted);
        };
        await _harness.ReceiveAsync("0");
        await _harness.Connection.NextAsync();
        var socket = await _harness.Handler.NextSocketAsync();

        switch (way)
        {
            case "client":
                await _harness.ReceiveAsync("1");
                break;
            case "server":
                socket.Disconnect();
                break;
            case "connection":
                _harness.End(CloseReason.TransportLost);
                break;
            case "malformed":
                await _harness.ReceiveAsync("2{}");
                _harness.End(CloseReason.ParseError);
                break;
        }

        socket.Join("room");
        _harness.Main.To("room").Emit("a", "[]"u8).Should().Be(0);
        _harness.Main.Rooms.RoomCount.Should().Be(0);
    }

    [Fact]
    public async Task Rooms_JoinedAndLeftByManyThreads_EndEmpty()
    {
        var clients = new List<SocketConnection>();
        for (var i = 0; i < 8; i++)
        {
            clients.Add((await _harness.JoinAsync()).Socket);
        }

        await Task.WhenAll(clients.Select(socket => Task.Run(() =>
        {
            for (var i = 0; i < 200; i++)
            {
                socket.Join($"room{i % 3}");
                _harness.Main.To($"room{i % 3}").Emit("a", "[]"u8);
                socket.Leave($"room{i % 3}");
            }

            socket.Join("last");
            socket.Disconnect();
        }))).WaitAsync(TestLimits.Step);

        _harness.Main.Rooms.RoomCount.Should().Be(0);
    }
}
