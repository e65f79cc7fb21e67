using Gateway.Hosting.Settings;

using Microsoft.Extensions.Configuration;

namespace Gateway.Tests.Hosting.Settings;

public sealed class V0SettingsTests
{
    [Theory]
    [InlineData("SESSION_API_KEY", "k", "Access:SessionApiKey")]
    [InlineData("FILE_STORE_PATH", "/data", "Storage:Root")]
    [InlineData("CLIENT_WAIT_TIMEOUT", "5", "Conversations:ClientWaitTimeoutSeconds")]
    [InlineData("MAX_CONCURRENT_CONVERSATIONS", "3", "Conversations:MaxConcurrentConversations")]
    [InlineData("PERMITTED_CORS_ORIGINS", "https://a.example", "Engine:AllowedOrigins:0")]
    public void AddV0Settings_V0Name_SetsOurs(string name, string value, string key) => Read((name, value))[key].Should().Be(value);

    [Fact]
    public void AddV0Settings_SeveralOrigins_AreAList() =>
        Read(("PERMITTED_CORS_ORIGINS", " https://a.example, ,https://b.example:8443 ")).GetSection("Engine:AllowedOrigins").Get<string[]>()
            .Should().Equal("https://a.example", "https://b.example:8443");

    [Fact]
    public void AddV0Settings_SectionedNameSetAsWell_Wins() =>
        Read(("SESSION_API_KEY", "old"), ("Access:SessionApiKey", "new"))["Access:SessionApiKey"].Should().Be("new");

    [Fact]
    public void AddV0Settings_EmptyV0Name_SetsNothing() => Read(("FILE_STORE_PATH", ""))["Storage:Root"].Should().BeNull();

    private static ConfigurationManager Read(params (string Name, string Value)[] settings)
    {
        var configuration = new ConfigurationManager();
        configuration.AddInMemoryCollection(settings
            .Select(static setting => new KeyValuePair<string, string?>(setting.Name, setting.Value)));
        configuration.AddV0Settings();
        return configuration;
    }
}
