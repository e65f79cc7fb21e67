using Gateway.Conversations.Events;

using Newtonsoft.Json;

namespace Gateway.Tests.Conversations.Events;

public class PythonLiteralTests
{
    [Theory]
    [InlineData("{}", "{}")]
    [InlineData("{'command': 'create', 'path': \"/a'b\"}", """{"command":"create","path":"/a'b"}""")]
    [InlineData(" { 'a' : [1, -2, 1.5, True, False, None, (1,), []], } ", """{"a":[1,-2,1.5,true,false,null,[1],[]]}""")]
    [InlineData(@"{'a': 'x\n\t\'\\\x41\u00e9\U0001F600\q'}", """{"a":"x\n\t'\\Aé😀\\q"}""")]
    public void TryParse_Literal_IsRead(string text, string expected)
    {
        PythonLiteral.TryParse(text, out var value).Should().BeTrue();

        value.ToString(Formatting.None).Should().Be(expected);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{'a'}")]
    [InlineData("{'a': }")]
    [InlineData("{'a': 1 'b': 2}")]
    [InlineData("{1: 2}")]
    [InlineData("{'a': open('/etc/passwd')}")]
    [InlineData("'a' + 'b'")]
    [InlineData("'open")]
    [InlineData("'line\nbreak'")]
    [InlineData(@"'\x4'")]
    [InlineData(@"'\UFFFFFFFF'")]
    [InlineData("'end\\")]
    [InlineData("nan")]
    [InlineData("[1")]
    [InlineData("[1 2]")]
    [InlineData("__import__")]
    public void TryParse_AnythingElse_IsRefused(string text)
    {
        PythonLiteral.TryParse(text, out _).Should().BeFalse();
    }

    [Fact]
    public void TryParse_DeepNesting_IsRefused()
    {
        PythonLiteral.TryParse(new string('[', 100_000), out _).Should().BeFalse();
    }
}
