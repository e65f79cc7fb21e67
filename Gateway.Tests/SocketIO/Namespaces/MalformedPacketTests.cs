using Gateway.EngineIO;
using Gateway.Tests.Support;

namespace Gateway.Tests.SocketIO.Namespaces;

/// <summary>What a client may not send, by the known attacks and by the protocol: each closes its connection with a reason.</summary>
public sealed class MalformedPacketTests : IDisposable
{
    private readonly SocketHarness _harness = new(static options => options.MaxBinaryBytes = 1_024);

    public void Dispose() => _harness.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData("9x")]
    [InlineData("2{}")]
    [InlineData("2[]")]
    [InlineData("2[1]")]
    [InlineData("2[\"connect\"]")]
    [InlineData("2abc[\"a\"]")]
    [InlineData("2[\"a\"")]
    [InlineData("0[]")]
    [InlineData("4{\"message\":\"I refuse\"}")]
    [InlineData("50-[\"a\"]")]
    [InlineData("60-1[]")]
    [InlineData("511-[\"a\"]")]
    [InlineData("5[\"a\"]")]
    [InlineData("51-[\"a\",{\"_placeholder\":true,\"num\":\"splice\"}]")]
    [InlineData("51-[\"a\",{\"_placeholder\":true,\"num\":1}]")]
    public async Task Receive_MalformedPacket_ClosesWithParseError(string packet)
    {
        await _harness.ConnectAsync();

        await _harness.ReceiveAsync(packet);
        await _harness.ReceiveAsync("2[\"after\"]");
        _harness.End(CloseReason.ParseError);

        (await _harness.Connection.Closed).Should().Be(CloseReason.ParseError);
        (await _harness.Handler.NextAsync()).Should().Be("disconnected ProtocolError");
    }

    [Fact]
    public async Task Receive_BinaryWithoutHeader_ClosesWithParseError()
    {
        await _harness.ConnectAsync();

        await _harness.ReceiveAsync([1]);

        (await _harness.Connection.Closed).Should().Be(CloseReason.ParseError);
    }

    [Theory]
    [InlineData("51-[\"a\",{\"_placeholder\":true,\"num\":0}]")]
    [InlineData("61-0[{\"_placeholder\":true,\"num\":0}]")]
    [InlineData("51-/unknown,[\"a\"]")]
    public async Task Receive_BinaryHeaderBeforeConnect_ClosesWithParseError(string header)
    {
        await _harness.ReceiveAsync(header);

        (await _harness.Connection.Closed).Should().Be(CloseReason.ParseError);
    }

    [Fact]
    public async Task Receive_TextInsteadOfAttachment_ClosesWithParseError()
    {
        await _harness.ConnectAsync();

        await _harness.ReceiveAsync("51-[\"a\",{\"_placeholder\":true,\"num\":0}]");
        await _harness.ReceiveAsync("2[\"b\"]");

        (await _harness.Connection.Closed).Should().Be(CloseReason.ParseError);
    }

    [Fact]
    public async Task Receive_MoreAttachmentsThanAnnounced_ClosesWithParseError()
    {
        await _harness.ConnectAsync();

        await _harness.ReceiveAsync("51-[\"a\",{\"_placeholder\":true,\"num\":0}]");
        await _harness.ReceiveAsync([1]);
        (await _harness.Handler.NextAsync()).Should().StartWith("a");
        await _harness.ReceiveAsync([2]);

        (await _harness.Connection.Closed).Should().Be(CloseReason.ParseError);
    }

    [Fact]
    public async Task Receive_AttachmentsBeyondTheBound_ClosesWithPayloadTooLarge()
    {
        await _harness.ConnectAsync();

        await _harness.ReceiveAsync("52-[\"a\"]");
        await _harness.ReceiveAsync(new byte[600]);
        await _harness.ReceiveAsync(new byte[600]);

        (await _harness.Connection.Closed).Should().Be(CloseReason.PayloadTooLarge);
    }
}
