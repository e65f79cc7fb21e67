using System.Net;

using Gateway.Tests.Support;

namespace Gateway.Tests.HttpApi.Settings;

/// <summary>Who may ask for settings and secrets, and whose they are.</summary>
public sealed class DocumentAccessTests
{
    [Theory]
    [InlineData("GET", "/api/settings")]
    [InlineData("POST", "/api/settings")]
    [InlineData("POST", "/api/reset-settings")]
    [InlineData("POST", "/api/unset-settings-tokens")]
    [InlineData("GET", "/api/secrets")]
    [InlineData("POST", "/api/secrets")]
    [InlineData("PUT", "/api/secrets/A")]
    [InlineData("DELETE", "/api/secrets/A")]
    [InlineData("POST", "/api/add-git-providers")]
    [InlineData("POST", "/api/unset-provider-tokens")]
    [InlineData("GET", "/api/user/info")]
    [InlineData("GET", "/api/user/repositories")]
    [InlineData("GET", "/api/user/installations")]
    [InlineData("GET", "/api/user/search/repositories")]
    [InlineData("GET", "/api/user/search/branches")]
    [InlineData("GET", "/api/user/suggested-tasks")]
    [InlineData("GET", "/api/user/repository/branches")]
    [InlineData("GET", "/api/user/repository/octo/hello/microagents")]
    public async Task Send_WithoutTheKey_Is401BeforeAnythingElse(string method, string path)
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store, "SESSION_API_KEY=key");
        using var rest = new RestClient(host.Address);

        (await rest.SendAsync(method, path, method == "GET" ? null : "no json")).Should().Be(
            new RestAnswer(HttpStatusCode.Unauthorized, """{"detail":"Unauthorized"}""", "application/json"));

        Directory.GetFiles(store.Root).Should().BeEmpty();
    }

    [Fact]
    public async Task Post_OfAServerWithAUser_StandsInTheUsersFolder()
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store, "Conversations:UserId=ada");
        using var rest = new RestClient(host.Address);

        await rest.PostAsync("/api/settings", """{"language":"de"}""");
        await rest.PostAsync("/api/secrets", """{"name":"A","value":"v"}""");

        Directory.GetFiles(store.Root).Should().BeEmpty();
        Directory.GetFiles(store.PathOf("users", "ada")).Select(Path.GetFileName)
            .Should().BeEquivalentTo("settings.json", "secrets.json");
        (await rest.GetAsync("/api/settings")).Body.Should().StartWith("{\"language\":\"de\"");
    }
}
