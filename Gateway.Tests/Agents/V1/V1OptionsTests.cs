using Gateway.Agents.V1;

namespace Gateway.Tests.Agents.V1;

public sealed class V1OptionsTests
{
    [Theory]
    [InlineData("k-1_~", 0)]
    [InlineData("", 0)]
    [InlineData("secret\n", 1)]
    [InlineData("sécret", 1)]
    public void Validate_Key_IsFitForAHeader(string key, int failures)
    {
        var result = new V1OptionsValidator().Validate(null, new V1Options { BaseUrl = "http://h", SessionApiKey = key });

        (result.Failures?.Count() ?? 0).Should().Be(failures);
        (result.FailureMessage ?? "").Should().NotContain("cret");
    }

    [Theory]
    [InlineData("http://h:8000/base", null, null, 0)]
    [InlineData(null, "https://app", null, 0)]
    [InlineData(null, null, null, 1)]
    [InlineData("http://a", "http://b", null, 1)]
    [InlineData("ftp://a", null, null, 1)]
    [InlineData("http://a?key=1", null, null, 1)]
    [InlineData("nothing", null, "/no/such/file.json", 2)]
    public void Validate_Settings_NamesEveryFailure(string? baseUrl, string? appServer, string? template, int failures)
    {
        var result = new V1OptionsValidator().Validate(
            null, new V1Options { BaseUrl = baseUrl, AppServerUrl = appServer, ConversationTemplate = template, SessionApiKey = "secret" });

        (result.Failures?.Count() ?? 0).Should().Be(failures);
        (result.FailureMessage ?? "").Should().NotContain("secret");
    }

    [Theory]
    [InlineData("http://h", null, 0)]
    [InlineData(null, "http://app", 1)]
    public void Validate_Proxy_NeedsOneServer(string? baseUrl, string? appServer, int failures)
    {
        var result = new V1OptionsValidator().Validate(
            null, new V1Options { BaseUrl = baseUrl, AppServerUrl = appServer, Proxy = true });

        (result.Failures?.Count() ?? 0).Should().Be(failures);
    }
}
