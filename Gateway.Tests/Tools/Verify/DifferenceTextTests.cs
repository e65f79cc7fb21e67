using Gateway.Tools.Verify.Compare;
using Gateway.Tools.Verify.Reports;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Tools.Verify;

/// <summary>A report holds no key, whatever recording it is about.</summary>
public sealed class DifferenceTextTests
{
    private const string Key = "sk-a-real-key-of-the-user";

    [Theory]
    [InlineData("", """{"mcp_config":{"sse_servers":[{"url":"https://a","api_key":"KEY"}]}}""")]
    [InlineData("", """{"status":200,"body":{"llm_api_key":"KEY"}}""")]
    [InlineData("/mcp_config/sse_servers/0/api_key", "\"KEY\"")]
    [InlineData("/provider_tokens", """{"gitlab":"KEY"}""")]
    public void Diff_OfAKey_ShowsThatThereIsOne(string place, string recorded)
    {
        var difference = new Difference(DifferenceKind.Rest, 0, -1, "differs")
        {
            Pointer = place,
            Recorded = JToken.Parse(recorded.Replace("KEY", Key, StringComparison.Ordinal)),
        };

        var text = DifferenceText.Full(difference);

        text.Should().NotContain(Key).And.Contain("***");
    }
}
