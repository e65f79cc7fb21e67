using System.Text;

using Gateway.Conversations.Events;
using Gateway.Primitives.Json;

namespace Gateway.Tests.Conversations.Events;

/// <summary>Expected values are what Python 3.12 prints.</summary>
public class PythonTextTests
{
    [Theory]
    [InlineData("null", "None")]
    [InlineData("true", "True")]
    [InlineData("5", "5")]
    [InlineData("-0", "0")]
    [InlineData("1.50", "1.5")]
    [InlineData("1e3", "1000.0")]
    [InlineData("123456789012345678901", "123456789012345678901")]
    [InlineData("\"plain\"", "'plain'")]
    [InlineData("\"it's\"", "\"it's\"")]
    [InlineData("\"it's \\\"so\\\"\"", "'it\\'s \"so\"'")]
    [InlineData("\"a\\nb\\tc\\\\d\\u0007\\u00e9\\u200b\\ud83d\\ude00\\ud83d\\u00a0\"",
        "'a\\nb\\tc\\\\d\\x07\u00e9\\u200b\U0001F600\\ud83d\\xa0'")]
    [InlineData("{}", "{}")]
    [InlineData("{\"a\":[1,\"b\",null],\"c\":{\"d\":false}}", "{'a': [1, 'b', None], 'c': {'d': False}}")]
    public void Repr_AnyValue_IsPythons(string json, string expected)
    {
        JsonTree.TryRead(Encoding.UTF8.GetBytes(json), out var token).Should().BeTrue();

        PythonText.Repr(token).Should().Be(expected);
    }

    [Theory]
    [InlineData(0.0, "0.0")]
    [InlineData(-0.0, "-0.0")]
    [InlineData(120.0, "120.0")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(0.00001, "1e-05")]
    [InlineData(1.5e-7, "1.5e-07")]
    [InlineData(1e15, "1000000000000000.0")]
    [InlineData(-1.5e15, "-1500000000000000.0")]
    [InlineData(1234567890123456.8, "1234567890123456.8")]
    [InlineData(9007199254740993.0, "9007199254740992.0")]
    [InlineData(1e16, "1e+16")]
    [InlineData(1.7976931348623157e308, "1.7976931348623157e+308")]
    [InlineData(5e-324, "5e-324")]
    public void Number_AnyDouble_IsPythons(double value, string expected)
    {
        PythonText.Number(value).Should().Be(expected);
    }

    [Theory]
    [InlineData("abc", 2, "ab")]
    [InlineData("abc", 5, "abc")]
    [InlineData("\U0001F600\U0001F601x", 2, "\U0001F600\U0001F601")]
    [InlineData("", 3, "")]
    public void Take_Text_CountsCodePoints(string text, int count, string expected)
    {
        PythonText.Take(text, count).Should().Be(expected);
    }
}
