using System.Text;

using FsCheck;
using FsCheck.Fluent;

using Gateway.SocketIO.Protocol;

namespace Gateway.Tests.SocketIO.Protocol;

public sealed class SocketPacketCodecTests
{
    private const int MaxAttachments = 10;

    [Theory]
    [InlineData("0", "/", "")]
    [InlineData("0{\"token\":\"123\"}", "/", "{\"token\":\"123\"}")]
    [InlineData("0/custom", "/custom", "")]
    [InlineData("0/custom,", "/custom", "")]
    [InlineData("0/custom,{}", "/custom", "{}")]
    [InlineData("0/,{}", "/", "{}")]
    public void TryDecode_Connect_GivesNamespaceAndAuth(string text, string expectedNamespace, string payload)
    {
        var packet = DecodeOk(text);

        packet.Type.Should().Be(SocketPacketType.Connect);
        packet.Namespace.Should().Be(expectedNamespace);
        Text(packet.Payload).Should().Be(payload);
    }

    [Theory]
    [InlineData("2[\"message\",1,\"2\",{\"3\":[true]}]", "message", null, "[1,\"2\",{\"3\":[true]}]")]
    [InlineData("2[\"a\"]", "a", null, "[]")]
    [InlineData("2 [ \"a\" , 1 ] ", "a", null, "[1 ]")]
    [InlineData("2456[\"a\",1]", "a", 456L, "[1]")]
    [InlineData("2/custom,7[\"a\",1]", "a", 7L, "[1]")]
    [InlineData("2[\"\\u0061\",null]", "a", null, "[null]")]
    [InlineData("2[\"\"]", "", null, "[]")]
    [InlineData("2[\"a\",{\"_placeholder\":true,\"num\":99}]", "a", null, "[{\"_placeholder\":true,\"num\":99}]")]
    public void TryDecode_Event_GivesNameIdAndArguments(string text, string name, long? ackId, string arguments)
    {
        var packet = DecodeOk(text);

        packet.Type.Should().Be(SocketPacketType.Event);
        packet.EventName.Should().Be(name);
        packet.AckId.Should().Be(ackId);
        Text(packet.CopyArguments()).Should().Be(arguments);
    }

    [Theory]
    [InlineData("312[]", 12L, "[]")]
    [InlineData("3/custom,9007199254740992[1,2]", 9007199254740992L, "[1,2]")]
    public void TryDecode_Ack_GivesIdAndArguments(string text, long ackId, string arguments)
    {
        var packet = DecodeOk(text);

        packet.Type.Should().Be(SocketPacketType.Ack);
        packet.AckId.Should().Be(ackId);
        Text(packet.CopyArguments()).Should().Be(arguments);
    }

    [Fact]
    public void TryDecode_BinaryEvent_GivesAttachmentCount()
    {
        var packet = DecodeOk("52-/custom,789[\"a\",{\"_placeholder\":true,\"num\":1},{\"num\":0,\"_placeholder\":true}]");

        packet.Type.Should().Be(SocketPacketType.BinaryEvent);
        packet.AttachmentCount.Should().Be(2);
        packet.Namespace.Should().Be("/custom");
        packet.AckId.Should().Be(789);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("1/custom,")]
    [InlineData("4{\"message\":\"no\"}")]
    [InlineData("4\"Unable to connect\"")]
    [InlineData("61-3[{\"_placeholder\":true,\"num\":0}]")]
    public void TryDecode_OtherPacket_IsOk(string text) => DecodeOk(text);

    [Fact]
    public void TryDecode_NoByte_ReturnsEmpty() => Decode("").Should().Be(SocketDecodeStatus.Empty);

    [Theory]
    [InlineData("abc")]
    [InlineData("7")]
    [InlineData("9x")]
    [InlineData("/")]
    [InlineData("-1")]
    public void TryDecode_UnknownType_ReturnsUnknownType(string text) => Decode(text).Should().Be(SocketDecodeStatus.UnknownType);

    [Theory]
    [InlineData("5[\"a\"]")]
    [InlineData("5-[\"a\"]")]
    [InlineData("50-[\"a\"]")]
    [InlineData("60-1[]")]
    [InlineData("500-[\"a\"]")]
    [InlineData("5x-[\"a\"]")]
    [InlineData("5+1-[\"a\"]")]
    [InlineData("51")]
    [InlineData("51[\"a\"]")]
    [InlineData("51.5-[\"a\"]")]
    [InlineData("599999999999-[\"a\"]")]
    [InlineData("6")]
    public void TryDecode_AttachmentCountAbsentOrZero_ReturnsBadAttachmentCount(string text) =>
        Decode(text).Should().Be(SocketDecodeStatus.BadAttachmentCount);

    [Theory]
    [InlineData("511-[\"a\"]")]
    [InlineData("61000000-1[]")]
    [InlineData("54294967295-[\"a\"]")]
    public void TryDecode_MoreAttachmentsThanAllowed_ReturnsTooManyAttachments(string text) =>
        Decode(text).Should().Be(SocketDecodeStatus.TooManyAttachments);

    [Fact]
    public void TryDecode_LongNamespace_ReturnsNamespaceTooLong() =>
        Decode("0/" + new string('n', SocketPacketCodec.MaxNamespaceBytes)).Should().Be(SocketDecodeStatus.NamespaceTooLong);

    [Theory]
    [InlineData("3[]")]
    [InlineData("3")]
    [InlineData("3x[]")]
    [InlineData("212345678901234567[\"a\"]")]
    [InlineData("399999999999999999999[]")]
    [InlineData("05{}")]
    [InlineData("11")]
    public void TryDecode_AckIdAbsentTooLongOrMisplaced_ReturnsBadAckId(string text) =>
        Decode(text).Should().Be(SocketDecodeStatus.BadAckId);

    [Theory]
    [InlineData("2")]
    [InlineData("2{}")]
    [InlineData("2[]")]
    [InlineData("2abc[\"a\"]")]
    [InlineData("2\"a\"")]
    [InlineData("2[\"a\"")]
    [InlineData("2[\"a\"]]")]
    [InlineData("2[\"a\"]x")]
    [InlineData("2[\"a\",]")]
    [InlineData("2[\"a\",{x:1}]")]
    [InlineData("2[\"a\",//\n1]")]
    [InlineData("2[\"a\",NaN]")]
    [InlineData("0[]")]
    [InlineData("0null")]
    [InlineData("0{")]
    [InlineData("0{}{}")]
    [InlineData("1{}")]
    [InlineData("31{}")]
    [InlineData("31")]
    [InlineData("4")]
    [InlineData("4[]")]
    public void TryDecode_PayloadNotOfItsKind_ReturnsBadPayload(string text) =>
        Decode(text).Should().Be(SocketDecodeStatus.BadPayload);

    [Theory]
    [InlineData(SocketPayloadReader.MaxDepth - 1, true)]
    [InlineData(SocketPayloadReader.MaxDepth, false)]
    [InlineData(1_000_000, false)]
    public void TryDecode_NestedPayload_IsBoundedInDepth(int depth, bool isTaken)
    {
        var expected = isTaken ? SocketDecodeStatus.Ok : SocketDecodeStatus.BadPayload;
        var nested = new string('[', depth) + new string(']', depth);

        Decode($"2[\"a\",{nested}]").Should().Be(expected);
        Decode($"51-[\"a\",{nested}]").Should().Be(expected);
    }

    [Theory]
    [InlineData("2[1]")]
    [InlineData("2[{}]")]
    [InlineData("2[null,1]")]
    [InlineData("2[[\"a\"]]")]
    [InlineData("2[\"connect\"]")]
    [InlineData("2[\"connect_error\"]")]
    [InlineData("2[\"disconnect\"]")]
    [InlineData("2[\"disconnecting\"]")]
    [InlineData("2[\"newListener\"]")]
    [InlineData("2[\"removeListener\"]")]
    [InlineData("2[\"\\u0063onnect\"]")]
    [InlineData("2[\"\\ud800\"]")]
    [InlineData("51-[{\"_placeholder\":true,\"num\":0}]")]
    public void TryDecode_EventNameNoStringOrReserved_ReturnsBadEventName(string text) =>
        Decode(text).Should().Be(SocketDecodeStatus.BadEventName);

    [Theory]
    [InlineData("{\"_placeholder\":true,\"num\":1}")]
    [InlineData("{\"_placeholder\":true,\"num\":-1}")]
    [InlineData("{\"_placeholder\":true,\"num\":0.5}")]
    [InlineData("{\"_placeholder\":true,\"num\":\"splice\"}")]
    [InlineData("{\"_placeholder\":true,\"num\":\"0\"}")]
    [InlineData("{\"_placeholder\":true,\"num\":null}")]
    [InlineData("{\"_placeholder\":true,\"num\":{\"num\":0}}")]
    [InlineData("{\"_placeholder\":true,\"num\":[0]}")]
    [InlineData("{\"_placeholder\":true}")]
    [InlineData("{\"num\":9,\"_placeholder\":true}")]
    [InlineData("{\"num\":0,\"num\":\"x\",\"_placeholder\":true}")]
    [InlineData("{\"_pl\\u0061ceholder\":true,\"num\":4294967296}")]
    [InlineData("{\"deep\":[{\"er\":{\"_placeholder\":true,\"num\":7}}]}")]
    public void TryDecode_PlaceholderForNoAttachment_ReturnsBadPlaceholder(string argument)
    {
        Decode($"51-[\"a\",{argument}]").Should().Be(SocketDecodeStatus.BadPlaceholder);
        Decode($"61-5[{argument}]").Should().Be(SocketDecodeStatus.BadPlaceholder);
    }

    [Theory]
    [InlineData("{\"_placeholder\":false,\"num\":7}")]
    [InlineData("{\"_placeholder\":1,\"num\":7}")]
    [InlineData("{\"num\":7}")]
    [InlineData("{\"_placeholder\":true,\"num\":0,\"other\":{\"num\":\"x\"}}")]
    [InlineData("[{\"_placeholder\":true,\"num\":0},{\"num\":5}]")]
    public void TryDecode_ObjectThatIsNoPlaceholderOrAGoodOne_IsOk(string argument) => DecodeOk($"51-[\"a\",{argument}]");

    [Fact]
    public void TryDecode_AnyBytes_NeverThrows()
    {
        byte[] alphabet = [.. "0123456789-/,[]{}\":\\u_placehodrnumtse \t"u8, 0xff, 0xc3];
        var bytes = Gen.Elements(alphabet).ArrayOf().ToArbitrary();

        Prop.ForAll(bytes, tail =>
        {
            foreach (var type in "0123456")
            {
                SocketPacketCodec.TryDecode(tail.Prepend((byte)type).ToArray(), MaxAttachments, out var packet);
                _ = packet.CopyArguments();
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
    }

    [Fact]
    public void TryDecode_EveryCutAndEveryChangedByteOfAPacket_NeverThrows()
    {
        var whole = Encoding.UTF8.GetBytes(
            "52-/custom,12[\"é\\ud83d\\ude00\",{\"_placeholder\":true,\"num\":0},[1.5e3,null],{\"num\":{}}]");

        for (var i = 0; i < whole.Length; i++)
        {
            SocketPacketCodec.TryDecode(whole.AsMemory(0, i), MaxAttachments, out _);
            for (var value = 0; value < 256; value++)
            {
                var changed = whole.ToArray();
                changed[i] = (byte)value;
                SocketPacketCodec.TryDecode(changed, MaxAttachments, out _);
            }
        }
    }

    private static SocketDecodeStatus Decode(string text) =>
        SocketPacketCodec.TryDecode(Encoding.UTF8.GetBytes(text), MaxAttachments, out _);

    private static SocketPacket DecodeOk(string text)
    {
        SocketPacketCodec.TryDecode(Encoding.UTF8.GetBytes(text), MaxAttachments, out var packet).Should().Be(SocketDecodeStatus.Ok);
        return packet;
    }

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}
