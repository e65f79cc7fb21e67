using System.Buffers;
using System.Text;

using Gateway.Conversations.Events;
using Gateway.Primitives.Json;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Conversations.Events;

public class EventJsonTests
{
    public static TheoryData<string> Names() => [.. Recording.WithStore()];

    [Theory]
    [MemberData(nameof(Names))]
    public void ReadAndWrite_EveryRecordedEvent_GivesTheSameBytes(string name)
    {
        foreach (var file in new Recording(name).EventFiles())
        {
            var json = File.ReadAllBytes(file);
            if (JsonTree.TryRead(json, out var token))
            {
                EventWriter.Encode(token).Span.SequenceEqual(json).Should().BeTrue(file);
            }
            else
            {
                name.Should().Be("v0/corrupt-event", file);
            }
        }
    }

    [Theory]
    [InlineData("1.0")]
    [InlineData("-0")]
    [InlineData("-0.0")]
    [InlineData("1e400")]
    [InlineData("0.0060999999999999995")]
    [InlineData("1.10")]
    [InlineData("1E+2")]
    [InlineData("123456789012345678901234567890")]
    [InlineData("9223372036854775807")]
    [InlineData("\"2026-11-21T09:41:33.974986Z\"")]
    [InlineData("\"2026-11-21T09:41:33+02:00\"")]
    [InlineData("\"\\/Date(1)\\/\"", "\"/Date(1)/\"")]
    [InlineData("\"\\ud83d\"")]
    [InlineData("\"\\ude00\\ud83d\"")]
    [InlineData("\"\\ud83d\\ude00 \\u007f \\u0000 \\\" \\\\ \\b\\f\\n\\r\\t\"")]
    [InlineData("\"\u00e9 \U0001F600\"", "\"\\u00e9 \\ud83d\\ude00\"")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("[true,false,null,{\"a\":[1,2]}]", "[true, false, null, {\"a\": [1, 2]}]")]
    [InlineData("{\"a\":1,\"b\":2,\"a\":3}", "{\"a\": 3, \"b\": 2}")]
    public void ReadAndWrite_AnyValue_LosesNothing(string json, string? expected = null)
    {
        JsonTree.TryRead(Encoding.UTF8.GetBytes(json), out var token).Should().BeTrue();

        Encoding.UTF8.GetString(EventWriter.Encode(token).Span).Should().Be(expected ?? json);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[1,]")]
    [InlineData("{'a':1}")]
    [InlineData("1 2")]
    [InlineData("// no\n1")]
    [InlineData("NaN")]
    public void TryRead_NotJson_IsFalse(string json)
    {
        JsonTree.TryRead(Encoding.UTF8.GetBytes(json), out _).Should().BeFalse();
    }

    [Fact]
    public void TryRead_InvalidUtf8_IsFalse()
    {
        JsonTree.TryRead([0x22, 0xC3, 0x28, 0x22], out _).Should().BeFalse();
    }

    [Fact]
    public void TryRead_NestingToTheLimit_IsReadAndWritten()
    {
        var json = new string('[', JsonWalker.MaxDepth) + new string(']', JsonWalker.MaxDepth);

        JsonTree.TryRead(Encoding.UTF8.GetBytes(json), out var token).Should().BeTrue();
        Encoding.UTF8.GetString(EventWriter.Encode(token).Span).Should().Be(json);
        JsonTree.TryRead(Encoding.UTF8.GetBytes($"[{json}]"), out _).Should().BeFalse();
    }

    [Fact]
    public void Write_ValuesMadeHere_LookLikePython()
    {
        var made = new JObject { ["a"] = 120.0, ["b"] = 0.1, ["c"] = 1e16, ["d"] = 1e-5, ["e"] = 3, ["f"] = null, ["g"] = true };
        var output = new ArrayBufferWriter<byte>();

        EventJsonWriter.Write(made, output);

        Encoding.UTF8.GetString(output.WrittenSpan).Should()
            .Be("""{"a": 120.0, "b": 0.1, "c": 1e+16, "d": 1e-05, "e": 3, "f": null, "g": true}""");
    }
}
