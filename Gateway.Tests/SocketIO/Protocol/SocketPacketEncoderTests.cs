using System.Buffers;
using System.Text;

using Gateway.Primitives;
using Gateway.SocketIO.Protocol;

namespace Gateway.Tests.SocketIO.Protocol;

public sealed class SocketPacketEncoderTests
{
    [Fact]
    public void WriteConnect_MainNamespace_HasSid() =>
        Written(static output => SocketPacketEncoder.WriteConnect([], "abc", output)).Should().Be("0{\"sid\":\"abc\"}");

    [Fact]
    public void WriteConnect_OtherNamespace_HasPrefix() =>
        Written(static output => SocketPacketEncoder.WriteConnect("/custom,"u8, "abc", output)).Should().Be("0/custom,{\"sid\":\"abc\"}");

    [Fact]
    public void WriteConnectError_WithoutData_HasMessage() =>
        Written(static output => SocketPacketEncoder.WriteConnectError("/x,"u8, "Invalid namespace", [], output))
            .Should().Be("4/x,{\"message\":\"Invalid namespace\"}");

    [Theory]
    [InlineData("quote \" backslash \\ line \n", "quote \\\" backslash \\\\ line \\n")]
    [InlineData("é 😀", "é \\uD83D\\uDE00")]
    public void WriteConnectError_TextToEscape_IsJson(string message, string expected) =>
        Written(output => SocketPacketEncoder.WriteConnectError([], message, "{\"a\":1}"u8, output))
            .Should().Be($"4{{\"message\":\"{expected}\",\"data\":{{\"a\":1}}}}");

    [Fact]
    public void WriteConnectError_HalfASurrogatePair_IsReplaced() =>
        Written(static output => SocketPacketEncoder.WriteConnectError([], "half " + (char)0xd800, [], output))
            .Should().Be("4{\"message\":\"half \ufffd\"}");

    [Fact]
    public void WriteDisconnect_AnyNamespace_IsTypeAndPrefix()
    {
        Written(static output => SocketPacketEncoder.WriteDisconnect([], output)).Should().Be("1");
        Written(static output => SocketPacketEncoder.WriteDisconnect("/custom,"u8, output)).Should().Be("1/custom,");
    }

    [Theory]
    [InlineData("[]", 0, null, "2[\"a\"]")]
    [InlineData("[1,\"2\"]", 0, null, "2[\"a\",1,\"2\"]")]
    [InlineData(" [ 1 ] ", 0, 12L, "212[\"a\",1]")]
    [InlineData("[1]", 3, 12L, "53-12[\"a\",1]")]
    public void WriteEvent_Arguments_AreSpliced(string arguments, int attachments, long? ackId, string expected) =>
        Written(output => SocketPacketEncoder.WriteEvent([], "a", Encoding.UTF8.GetBytes(arguments), attachments, ackId, output))
            .Should().Be(expected);

    [Theory]
    [InlineData("[]", 0, "3/custom,7[]")]
    [InlineData("[1]", 0, "3/custom,7[1]")]
    [InlineData("[1]", 2, "62-/custom,7[1]")]
    public void WriteAck_Arguments_AreSpliced(string arguments, int attachments, string expected) =>
        Written(output => SocketPacketEncoder.WriteAck("/custom,"u8, 7, Encoding.UTF8.GetBytes(arguments), attachments, output))
            .Should().Be(expected);

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("{}")]
    [InlineData("[")]
    public void WriteEvent_ArgumentsThatAreNoArray_Throws(string arguments)
    {
        var act = () => Written(
            output => SocketPacketEncoder.WriteEvent([], "a", Encoding.UTF8.GetBytes(arguments), 0, null, output));

        act.Should().Throw<ArgumentException>();
    }

    [Fact]
    public void WriteEvent_WarmWriter_AllocatesNothing()
    {
        var output = new ArrayBufferWriter<byte>(1_024);
        SocketPacketEncoder.WriteEvent("/custom,"u8, "message", "[1]"u8, 0, 5, output);
        output.ResetWrittenCount();
        var before = GC.GetAllocatedBytesForCurrentThread();

        SocketPacketEncoder.WriteEvent("/custom,"u8, "message", "[1]"u8, 0, 5, output);

        GC.GetAllocatedBytesForCurrentThread().Should().Be(before);
    }

    [Theory]
    [InlineData("m", 1)]
    [InlineData("with \" quotes", 1_000)]
    public void LengthFor_AnyPacket_IsEnough(string text, int payload)
    {
        var arguments = Encoding.UTF8.GetBytes($"[{new string('1', payload - 1)}]");
        var error = new ExactBuffer(SocketPacketEncoder.LengthFor("/custom,"u8, text, arguments.Length));
        var binaryEvent = new ExactBuffer(SocketPacketEncoder.LengthFor("/custom,"u8, text, arguments.Length));

        SocketPacketEncoder.WriteConnectError("/custom,"u8, text, arguments, error);
        SocketPacketEncoder.WriteEvent("/custom,"u8, text, arguments, int.MaxValue, long.MaxValue, binaryEvent);

        error.Written.Length.Should().BePositive();
        binaryEvent.Written.Length.Should().BePositive();
    }

    private static string Written(Action<ArrayBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
