using System.Text;

using Gateway.EngineIO;
using Gateway.SocketIO;
using Gateway.Tests.Support;

using MessagePack;

namespace Gateway.Tests.SocketIO.Namespaces;

/// <summary>Clients that speak MessagePack: the first packet says so, and the handlers see what they always see.</summary>
public sealed class MessagePackTests : IDisposable
{
    private readonly SocketHarness _harness = new(static options => options.MaxBinaryBytes = 1_024);

    public void Dispose() => _harness.Dispose();

    [Fact]
    public async Task Connect_Binary_IsAnsweredSo()
    {
        var auth = "";
        _harness.Handler.OnConnect = (_, request, _) =>
        {
            auth = Encoding.UTF8.GetString(request.Auth.Span);
            return new(ConnectDecision.Accepted);
        };

        await SendAsync("{\"type\":0,\"nsp\":\"/\",\"data\":{\"token\":\"123\"}}");

        var socket = await _harness.Handler.NextSocketAsync();
        (await NextAsync()).Should().Be($"{{\"type\":0,\"nsp\":\"/\",\"data\":{{\"sid\":\"{socket.Id}\"}}}}");
        auth.Should().Be("{\"token\":\"123\"}");
    }

    [Fact]
    public async Task Event_WithAckAndAttachment_IsHandledAndAnswered()
    {
        await ConnectAsync();
        IReadOnlyList<ReadOnlyMemory<byte>> attachments = [];
        _harness.Handler.OnEvent = async (_, socketEvent) =>
        {
            attachments = socketEvent.Attachments;
            await socketEvent.Ack!.SendAsync("[{\"_placeholder\":true,\"num\":0}]"u8, socketEvent.Attachments);
        };

        byte[] packet = [.. Pack("{\"type\":2,\"nsp\":\"/\",\"id\":3,\"data\":[\"a\",\"?\"]}")[..^2], 0xC4, 2, 8, 9];
        await _harness.ReceiveAsync(packet);

        (await _harness.Handler.NextAsync()).Should().Be("a[{\"_placeholder\":true,\"num\":0}]");
        attachments.Should().ContainSingle().Which.ToArray().Should().Equal(8, 9);
        Convert.ToHexString((await _harness.Connection.NextMessageAsync()).Data.Span).Should().EndWith("91C4020809");
    }

    [Fact]
    public async Task EmitWithAck_Answered_GivesTheAnswer()
    {
        var socket = await ConnectAsync();
        var asking = socket.EmitWithAckAsync("ask", "[1]"u8.ToArray(), [], TimeSpan.FromSeconds(10), CancellationToken.None);

        (await NextAsync()).Should().Be("{\"type\":2,\"nsp\":\"/\",\"id\":0,\"data\":[\"ask\",1]}");
        await SendAsync("{\"type\":3,\"nsp\":\"/\",\"id\":0,\"data\":[\"yes\"]}");

        Encoding.UTF8.GetString((await asking.WaitAsync(TestLimits.Step)).Arguments.Span).Should().Be("[\"yes\"]");
    }

    [Fact]
    public async Task Send_OnePreparedEventToClientsOfEachKind_IsEncodedOnceForEach()
    {
        var text = (await _harness.JoinAsync()).Socket;
        var first = await ConnectAsync();
        var (connection, receiver) = _harness.Open();
        await receiver.ReceiveAsync(new EngineMessage(Pack("{\"type\":0,\"nsp\":\"/\"}"), IsBinary: true));
        await connection.NextMessageAsync();
        (await _harness.Handler.NextAsync()).Should().Be("connected");
        var second = await _harness.Handler.NextSocketAsync();
        foreach (var socket in new[] { text, first, second })
        {
            socket.Join("room");
        }

        _harness.Main.To("room").Emit(PreparedEvents.Create("e", "{\"a\":1}"u8)).Should().Be(3);
        var toFirst = await _harness.Connection.NextMessageAsync();
        var toSecond = await connection.NextMessageAsync();
        _harness.Main.To("room").Emit("f", "[2]"u8).Should().Be(3);

        toFirst.IsBinary.Should().BeTrue();
        Unpack(toFirst).Should().Be("{\"type\":2,\"nsp\":\"/\",\"data\":[\"e\",{\"a\":1}]}");
        toSecond.Data.Equals(toFirst.Data).Should().BeTrue("one encoding serves all");
        (await NextAsync()).Should().Be("{\"type\":2,\"nsp\":\"/\",\"data\":[\"f\",2]}");
    }

    [Fact]
    public async Task Batch_ForASocketOfANamespace_IsItsOwnForm()
    {
        await SendAsync("{\"type\":0,\"nsp\":\"/orders/1\"}");
        var socket = await _harness.OrdersHandler.NextSocketAsync();
        (await NextAsync()).Should().StartWith("{\"type\":0,\"nsp\":\"/orders/1\",");
        var batch = socket.CreateBatch("e");
        batch.Add("{\"a\":"u8, "[1]"u8, "}"u8);
        batch.Add("2"u8);

        await socket.SendAsync(batch.Build(), CancellationToken.None);
        socket.Disconnect();

        (await NextAsync()).Should().Be("{\"type\":2,\"nsp\":\"/orders/1\",\"data\":[\"e\",{\"a\":[1]}]}");
        (await NextAsync()).Should().Be("{\"type\":2,\"nsp\":\"/orders/1\",\"data\":[\"e\",2]}");
        (await NextAsync()).Should().Be("{\"type\":1,\"nsp\":\"/orders/1\"}");
    }

    [Fact]
    public async Task Connect_Refused_SaysWhy()
    {
        _harness.Handler.OnConnect = static (_, _, _) => new(ConnectDecision.Refused("no", "{\"a\":1}"u8.ToArray()));

        await SendAsync("{\"type\":0,\"nsp\":\"/\"}");
        (await NextAsync()).Should().Be("{\"type\":4,\"nsp\":\"/\",\"data\":{\"message\":\"no\",\"data\":{\"a\":1}}}");
        await SendAsync("{\"type\":0,\"nsp\":\"/unknown\"}");
        (await NextAsync()).Should().Be("{\"type\":4,\"nsp\":\"/unknown\",\"data\":{\"message\":\"Invalid namespace\"}}");
    }

    [Theory]
    [InlineData("{\"type\":2,\"nsp\":\"/\",\"data\":[\"e\"]}")]
    [InlineData("{\"type\":0}")]
    [InlineData("[0]")]
    public async Task Receive_FirstBinaryMessageThatIsNoConnect_ClosesTheConnection(string json)
    {
        await SendAsync(json);

        (await _harness.Connection.Closed).Should().Be(CloseReason.ParseError);
    }

    [Fact]
    public async Task Receive_TextAfterMessagePack_ClosesTheConnection()
    {
        await ConnectAsync();

        await _harness.ReceiveAsync("2[\"a\"]");

        (await _harness.Connection.Closed).Should().Be(CloseReason.ParseError);
    }

    [Fact]
    public async Task Receive_MessagePackAfterText_ClosesTheConnection()
    {
        await _harness.ConnectAsync();

        await SendAsync("{\"type\":2,\"nsp\":\"/\",\"data\":[\"e\"]}");

        (await _harness.Connection.Closed).Should().Be(CloseReason.ParseError);
    }

    [Theory]
    [InlineData("{\"type\":4,\"nsp\":\"/\",\"data\":\"I refuse\"}", CloseReason.ParseError)]
    [InlineData("{\"type\":2,\"nsp\":\"/\",\"data\":[\"connect\"]}", CloseReason.ParseError)]
    [InlineData("7", CloseReason.ParseError)]
    public async Task Receive_MalformedPacket_ClosesTheConnection(string json, object reason)
    {
        await ConnectAsync();

        await SendAsync(json);

        ((object)await _harness.Connection.Closed).Should().Be(reason);
    }

    [Fact]
    public async Task Receive_PacketLargerThanAllowed_ClosesTheConnection()
    {
        await ConnectAsync();

        await SendAsync($"{{\"type\":2,\"nsp\":\"/\",\"data\":[\"e\",\"{new string('x', 1_024)}\"]}}");

        (await _harness.Connection.Closed).Should().Be(CloseReason.PayloadTooLarge);
    }

    [Fact]
    public async Task Receive_AttachmentBeforeConnect_ClosesTheConnection()
    {
        await ConnectAsync();

        await _harness.ReceiveAsync([.. Pack("{\"type\":2,\"nsp\":\"/custom\",\"data\":[\"a\",\"?\"]}")[..^2], 0xC4, 1, 8]);

        (await _harness.Connection.Closed).Should().Be(CloseReason.ParseError);
    }

    private static byte[] Pack(string json) => MessagePackSerializer.ConvertFromJson(json);

    private static string Unpack(EngineMessage message) => MessagePackSerializer.ConvertToJson(message.Data);

    private Task SendAsync(string json) => _harness.ReceiveAsync(Pack(json));

    private async Task<string> NextAsync()
    {
        var message = await _harness.Connection.NextMessageAsync();
        message.IsBinary.Should().BeTrue();
        return Unpack(message);
    }

    private async Task<SocketConnection> ConnectAsync()
    {
        await SendAsync("{\"type\":0,\"nsp\":\"/\"}");
        (await NextAsync()).Should().StartWith("{\"type\":0,");
        (await _harness.Handler.NextAsync()).Should().Be("connected");
        return await _harness.Handler.NextSocketAsync();
    }
}
