using System.Text;

using FsCheck;
using FsCheck.Fluent;

using Gateway.SocketIO.Protocol;
using Gateway.Tests.Support;

using MessagePack;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.SocketIO.Protocol;

public sealed class MessagePackCodecTests
{
    private const int MaxAttachments = 2;
    private const int MaxBytes = 4_096;

    [Theory]
    [InlineData("{\"type\":0,\"nsp\":\"/\"}", "Connect / -  ")]
    [InlineData("{\"type\":0,\"nsp\":\"/\",\"data\":null}", "Connect / -  ")]
    [InlineData("{\"data\":{\"a\":[1,{}]},\"nsp\":\"/admin\",\"type\":0}", "Connect /admin -  {\"a\":[1,{}]}")]
    [InlineData("{\"type\":1,\"nsp\":\"/a\"}", "Disconnect /a -  ")]
    [InlineData("{\"type\":2,\"nsp\":\"/\",\"data\":[\"e\"]}", "Event / - e ]")]
    [InlineData("{\"type\":2,\"nsp\":\"/\",\"data\":[\"e\",{\"é\":\"中\\u0001\\n\"},-7,1.5,true,null],\"id\":12}",
        "Event / 12 e {\"é\":\"中\\u0001\\n\"},-7,1.5,true,null]")]
    [InlineData("{\"type\":2,\"nsp\":\"/\",\"data\":[\"e\"],\"options\":{\"compress\":[true]},\"id\":null}", "Event / - e ]")]
    [InlineData("{\"type\":3,\"nsp\":\"/\",\"data\":[],\"id\":0}", "Ack / 0  []")]
    [InlineData("{\"type\":4,\"nsp\":\"/\",\"data\":{\"message\":\"m\"}}", "ConnectError / -  {\"message\":\"m\"}")]
    public void TryDecode_Packet_IsWhatTheTextProtocolWouldCarry(string json, string expected)
    {
        TryDecode(Pack(json), out var packet, out var attachments).Should().Be(SocketDecodeStatus.Ok);

        Show(packet).Should().Be(expected);
        attachments.Should().BeEmpty();
    }

    [Theory]
    [InlineData("d40000", "null]", 0)]
    [InlineData("d7000000019435b5f000", "\"2025-01-05T09:05:03.488Z\"]", 0)]
    [InlineData("c403010203", "{\"_placeholder\":true,\"num\":0}]", 1)]
    [InlineData("c70400aabbccdd", "{\"_placeholder\":true,\"num\":0}]", 1)]
    [InlineData("c70000", "{\"_placeholder\":true,\"num\":0}]", 1)]
    [InlineData("92c400c40105", "[{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]]", 2)]
    [InlineData("cb7ff8000000000000", "null]", 0)]
    [InlineData("cfffffffffffffffff", "18446744073709551615]", 0)]
    [InlineData("d38000000000000000", "-9223372036854775808]", 0)]
    [InlineData("ca3fc00000", "1.5]", 0)]
    public void TryDecode_ValuesOfJavaScript_AreWhatJsonMakesOfThem(string hex, string expected, int count)
    {
        TryDecode(Event(hex), out var packet, out var attachments).Should().Be(SocketDecodeStatus.Ok);

        Encoding.UTF8.GetString(packet.Payload.Span).Should().Be(expected);
        attachments.Should().HaveCount(count);
        packet.AttachmentCount.Should().Be(count);
    }

    [Theory]
    [InlineData("", "Empty")]
    [InlineData("93a1610102", "BadPayload")]
    [InlineData("c0", "BadPayload")]
    [InlineData("80", "BadPayload")]
    [InlineData("c1", "BadPayload")]
    [InlineData("8101c0", "BadPayload")]
    public void TryDecode_NoPacket_SaysSo(string hex, string expected) =>
        $"{TryDecode(Convert.FromHexString(hex), out _, out _)}".Should().Be(expected);

    [Theory]
    [InlineData("{\"type\":5,\"nsp\":\"/\",\"data\":[\"e\"]}", "UnknownType")]
    [InlineData("{\"type\":-1,\"nsp\":\"/\",\"data\":[\"e\"]}", "UnknownType")]
    [InlineData("{\"type\":\"2\",\"nsp\":\"/\",\"data\":[\"e\"]}", "UnknownType")]
    [InlineData("{\"nsp\":\"/\",\"data\":[\"e\"]}", "BadPayload")]
    [InlineData("{\"type\":2,\"data\":[\"e\"]}", "BadPayload")]
    [InlineData("{\"type\":2,\"nsp\":7,\"data\":[\"e\"]}", "BadPayload")]
    [InlineData("{\"type\":2,\"nsp\":\"\",\"data\":[\"e\"]}", "BadPayload")]
    [InlineData("{\"type\":2,\"nsp\":\"a\",\"data\":[\"e\"]}", "BadPayload")]
    [InlineData("{\"type\":2,\"nsp\":\"/a,b\",\"data\":[\"e\"]}", "BadPayload")]
    [InlineData("{\"type\":2,\"nsp\":\"/\",\"data\":{}}", "BadPayload")]
    [InlineData("{\"type\":2,\"nsp\":\"/\",\"data\":[]}", "BadPayload")]
    [InlineData("{\"type\":2,\"nsp\":\"/\"}", "BadPayload")]
    [InlineData("{\"type\":2,\"nsp\":\"/\",\"data\":[1]}", "BadEventName")]
    [InlineData("{\"type\":2,\"nsp\":\"/\",\"data\":[\"disconnect\"]}", "BadEventName")]
    [InlineData("{\"type\":2,\"nsp\":\"/\",\"data\":[\"e\"],\"id\":-1}", "BadAckId")]
    [InlineData("{\"type\":2,\"nsp\":\"/\",\"data\":[\"e\"],\"id\":1.5}", "BadAckId")]
    [InlineData("{\"type\":2,\"nsp\":\"/\",\"data\":[\"e\"],\"id\":9007199254740993}", "BadAckId")]
    [InlineData("{\"type\":3,\"nsp\":\"/\",\"data\":[]}", "BadAckId")]
    [InlineData("{\"type\":3,\"nsp\":\"/\",\"data\":{},\"id\":1}", "BadPayload")]
    [InlineData("{\"type\":0,\"nsp\":\"/\",\"id\":1}", "BadAckId")]
    [InlineData("{\"type\":0,\"nsp\":\"/\",\"data\":[]}", "BadPayload")]
    [InlineData("{\"type\":1,\"nsp\":\"/\",\"data\":{}}", "BadPayload")]
    [InlineData("{\"type\":4,\"nsp\":\"/\"}", "BadPayload")]
    [InlineData("{\"type\":2,\"nsp\":\"/\",\"data\":[\"e\"],\"data\":[\"f\"]}", "BadPayload")]
    [InlineData("{\"type\":2,\"type\":0,\"nsp\":\"/\",\"data\":[\"e\"]}", "BadPayload")]
    public void TryDecode_WrongField_SaysWhich(string json, string expected) =>
        $"{TryDecode(Pack(json), out _, out _)}".Should().Be(expected);

    [Theory]
    [InlineData("a1ff", "BadPayload")]
    [InlineData("8101c0", "BadPayload")]
    [InlineData("81c0c0", "BadPayload")]
    [InlineData("d40100", "BadPayload")]
    [InlineData("d50000ff", "BadPayload")]
    [InlineData("d7007fffffffffffffff", "BadPayload")]
    [InlineData("c1", "BadPayload")]
    [InlineData("ddffffffff", "BadPayload")]
    [InlineData("dfffffffff", "BadPayload")]
    [InlineData("dbffffffff", "BadPayload")]
    [InlineData("c6ffffffff", "BadPayload")]
    [InlineData("c9ffffffff00", "BadPayload")]
    [InlineData("93c400c400c400", "TooManyAttachments")]
    [InlineData("c400 81ac5f706c616365686f6c646572c3", "BadPayload")]
    public void TryDecode_WrongValue_SaysSo(string hex, string expected) =>
        $"{TryDecode(Event(hex.Replace(" ", "", StringComparison.Ordinal)), out _, out _)}".Should().Be(expected);

    [Fact]
    public void TryDecode_PlaceholderOfTheClientsOwn_StandsForAnAttachmentOrIsRefused()
    {
        var packet = Pack("{\"type\":2,\"nsp\":\"/\",\"data\":[\"e\",{\"_placeholder\":true,\"num\":1}]}");
        var withAttachment = Convert.FromHexString(Convert.ToHexString(packet)
            .Replace("92A165", "93A165C40107", StringComparison.Ordinal));

        TryDecode(packet, out _, out _).Should().Be(SocketDecodeStatus.Ok, "without attachments it is an object like others");
        TryDecode(withAttachment, out _, out _).Should().Be(SocketDecodeStatus.BadPlaceholder);
    }

    [Fact]
    public void TryDecode_BytesAfterThePacket_IsBadPayload() =>
        TryDecode([.. Pack("{\"type\":1,\"nsp\":\"/\"}"), 0xC0], out _, out _).Should().Be(SocketDecodeStatus.BadPayload);

    [Theory]
    [InlineData("91", "data")]
    [InlineData("81A161", "data")]
    [InlineData("91", "other")]
    [InlineData("81A161", "other")]
    public void TryDecode_DeepNesting_IsBadPayloadWithoutTheStack(string level, string key)
    {
        byte[] deep = [.. Enumerable.Repeat(Convert.FromHexString(level), 1_000_000).SelectMany(static bytes => bytes), 0xC0];
        byte[] packet = [0x83, .. Text("type"), 2, .. Text("nsp"), .. Text("/"), .. Text(key), .. deep];

        TryDecode(packet, out _, out _, maxBytes: int.MaxValue).Should().Be(SocketDecodeStatus.BadPayload);
    }

    [Theory]
    [InlineData(0xC0)]
    [InlineData(0x90)]
    [InlineData(0x81)]
    public void TryDecode_FewBytesThatWouldBeManyOfJson_IsTooLarge(int value)
    {
        var count = 2_000;
        var one = value == 0x81 ? [0x81, 0xA0, 0xC0] : new[] { (byte)value };
        byte[] many = [0xDC, (byte)(count >> 8), (byte)count, .. Enumerable.Repeat(one, count).SelectMany(static bytes => bytes)];

        TryDecode(Event(Convert.ToHexString(many)), out _, out _, maxBytes: 3_000).Should().Be(SocketDecodeStatus.TooLarge);
        TryDecode(Event(Convert.ToHexString(many)), out _, out _, maxBytes: 100_000).Should().Be(SocketDecodeStatus.Ok);
    }

    [Fact]
    public void TryDecode_AttachmentsLargerThanAllowed_IsTooLarge() =>
        TryDecode(Event($"c51001{Convert.ToHexString(new byte[0x1001])}"), out _, out _).Should().Be(SocketDecodeStatus.TooLarge);

    [Fact]
    public void TryDecode_LongNamespace_IsNamespaceTooLong() =>
        TryDecode(Pack($"{{\"type\":0,\"nsp\":\"/{new string('n', 256)}\"}}"), out _, out _)
            .Should().Be(SocketDecodeStatus.NamespaceTooLong);

    [Fact]
    public void TryDecode_EveryBeginningOfAPacket_IsNoPacket()
    {
        var packet = Event("94a161c403010203cb3ff8000000000000d7000000019435b5f000");

        for (var length = 0; length < packet.Length; length++)
        {
            TryDecode(packet[..length], out _, out _).Should().NotBe(SocketDecodeStatus.Ok);
        }

        TryDecode(packet, out _, out _).Should().Be(SocketDecodeStatus.Ok);
    }

    [Fact]
    public void TryDecode_AnyBytes_NeverThrows()
    {
        Prop.ForAll<byte[]>(static bytes => Enum.IsDefined(TryDecode(bytes ?? [], out _, out _))).QuickCheckThrowOnFailure();
        Prop.ForAll<byte[]>(static bytes => Enum.IsDefined(TryDecode([0x82, .. Text("data"), .. bytes ?? []], out _, out _)))
            .QuickCheckThrowOnFailure();
        var packet = Event("94a161c403010203cb3ff8000000000000d7000000019435b5f000");
        for (var at = 0; at < packet.Length; at++)
        {
            foreach (var value in new byte[] { 0x00, 0x7F, 0x80, 0x9F, 0xC1, 0xC6, 0xC9, 0xD4, 0xDB, 0xDF, 0xFF })
            {
                byte[] changed = [.. packet];
                changed[at] = value;
                Enum.IsDefined(TryDecode(changed, out _, out _)).Should().BeTrue();
            }
        }
    }

    [Theory]
    [InlineData("{\"a\":[1,-1,127,128,65536,-32769,9007199254740993,18446744073709551615,1.5,1e300,true,false,null,\"\",{}]}")]
    [InlineData("[\"\\u00e9\\n\\\"\\\\\",\"中😀\",{\"k\\u0065y\":\"\\ud83d\\ude00\"}]")]
    [InlineData("\"text\"")]
    public void WriteValue_Json_IsTheSameValue(string json)
    {
        var written = WriteValue(json);

        JToken.DeepEquals(JToken.Parse(MessagePackSerializer.ConvertToJson(written)), JToken.Parse(json)).Should().BeTrue();
    }

    [Fact]
    public void WriteValue_HalfASurrogatePair_IsTheReplacementCharacter() =>
        WriteValue("\"a\\ud800b\"").Should().Equal(0xA5, (byte)'a', 0xEF, 0xBF, 0xBD, (byte)'b');

    [Fact]
    public void WriteValue_EveryRecordedEvent_IsTheSameEvent()
    {
        var count = 0;
        foreach (var (_, json) in V0Stores.Names.SelectMany(V0Stores.Read))
        {
            var text = json.ToString(Newtonsoft.Json.Formatting.None);
            var written = MessagePackSerializer.ConvertToJson(WriteValue(text));
            JToken.DeepEquals(JToken.Parse(written), JToken.Parse(text)).Should().BeTrue(written);
            count++;
        }

        count.Should().BeGreaterThan(100);
    }

    [Fact]
    public void Write_WithAttachments_PutsThemWhereTheirPlaceholdersStand()
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();

        MessagePackEncoder.Write(
            SocketPacketType.Event, "/"u8, 7, "[\"e\",{\"num\":0,\"_placeholder\":true},{\"_placeholder\":true,\"num\":1}]"u8.ToArray(),
            [new byte[] { 1, 2 }], output);

        Convert.ToHexString(output.WrittenSpan).Should().Be(
            "84A474797065" + "02A36E7370" + "A12F" + "A26964" + "07A464617461" + "93A165" + "C4020102"
            + "82AC5F706C616365686F6C646572C3A36E756D01");
    }

    private static byte[] WriteValue(string json)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        MessagePackEncoder.WriteValue(Encoding.UTF8.GetBytes(json), output);
        return output.WrittenSpan.ToArray();
    }

    private static SocketDecodeStatus TryDecode(
        byte[] message, out SocketPacket packet, out IReadOnlyList<ReadOnlyMemory<byte>> attachments, int maxBytes = MaxBytes) =>
        MessagePackCodec.TryDecode(message, MaxAttachments, maxBytes, out packet, out attachments);

    private static string Show(in SocketPacket packet) =>
        $"{packet.Type} {packet.Namespace} {packet.AckId?.ToString() ?? "-"} {packet.EventName} {Encoding.UTF8.GetString(packet.Payload.Span)}";

    private static byte[] Pack(string json) => MessagePackSerializer.ConvertFromJson(json);

    private static byte[] Text(string text) => [(byte)(0xA0 | text.Length), .. Encoding.ASCII.GetBytes(text)];

    /// <summary>An event with one argument.</summary>
    private static byte[] Event(string hex) =>
        [0x83, .. Text("type"), 2, .. Text("nsp"), .. Text("/"), .. Text("data"), 0x92, .. Text("e"), .. Convert.FromHexString(hex)];
}
