using System.Net;

using Gateway.Tests.Support;

namespace Gateway.Tests.HttpApi.GitProviders;

/// <summary>Storing tokens of git providers, against a stand-in of GitHub.</summary>
public sealed class GitProvidersEndpointsTests : RestTest
{
    private const string Path = "/api/add-git-providers";

    private static readonly RestAnswer s_stored = new(HttpStatusCode.OK, """{"message":"Git providers stored"}""", "application/json");

    private StandInGitHub? _gitHub;

    public override async Task DisposeAsync()
    {
        Host.Log.Lines.Should().NotContain(static line => line.Contains(StandInGitHub.Token));
        await base.DisposeAsync();
        await _gitHub!.DisposeAsync();
    }

    [Fact]
    public async Task Add_TokenThatGitHubTakes_IsStoredAndShownAsSet()
    {
        await Rest.PostAsync("/api/settings", "{}");

        (await Rest.PostAsync(Path, Body(StandInGitHub.Token))).Should().Be(s_stored);

        (await File.ReadAllTextAsync(SecretsFile)).Should().Be(
            $$$"""{"provider_tokens":{"github":{"token":"{{{StandInGitHub.Token}}}","host":"","user_id":null}},"custom_secrets":{}}""");
        (await Rest.GetAsync("/api/settings")).Body.Should().Contain("\"provider_tokens_set\":{\"github\":\"\"}");
        (await Rest.GetAsync("/api/user/info")).Body.Should().Contain("\"login\":\"ada\"");
    }

    [Fact]
    public async Task Add_EmptyToken_KeepsTheStoredOne()
    {
        await Rest.PostAsync(Path, Body(StandInGitHub.Token));
        var before = await File.ReadAllTextAsync(SecretsFile);

        (await Rest.PostAsync(Path, Body(""))).Should().Be(s_stored);

        (await File.ReadAllTextAsync(SecretsFile)).Should().Be(before);
    }

    [Theory]
    [InlineData("""{"provider_tokens":{"github":{"token":"wrong","host":null}}}""", "github")]
    [InlineData("""{"provider_tokens":{"github":{"token":"wrong"},"gitlab":{"token":""}}}""", "github")]
    [InlineData("""{"provider_tokens":{"github":{"token":"wrong"},"bitbucket":{"token":"wrong"}}}""", "bitbucket")]
    [InlineData("""{"provider_tokens":{"enterprise_sso":{"token":"x"}}}""", "enterprise_sso")]
    [InlineData("""{"provider_tokens":{"github":{"token":"not-a-real-token","host":"not a host"}}}""", "github")]
    [InlineData("""{"provider_tokens":{"github":{"token":"not-a-real-token","host":"user:password@host.invalid/path?"}}}""", "github")]
    public async Task Add_TokenThatItsProviderDoesNotTake_Is401AndNothingIsStored(string body, string provider)
    {
        (await Rest.PostAsync(Path, body)).Should().Be(new RestAnswer(
            HttpStatusCode.Unauthorized,
            $$"""{"error":"Invalid token. Please make sure it is a valid {{provider}} token."}""",
            "application/json"));

        File.Exists(SecretsFile).Should().BeFalse();
    }

    /// <summary>The stored token has to be good at the new host too.</summary>
    [Fact]
    public async Task Add_AnotherHostAlone_AsksThereWithTheStoredToken()
    {
        await Rest.PostAsync(Path, Body(StandInGitHub.Token));
        var before = await File.ReadAllTextAsync(SecretsFile);

        (await Rest.PostAsync(Path, """{"provider_tokens":{"github":{"token":"","host":"github.invalid"}}}""")).Status
            .Should().Be(HttpStatusCode.Unauthorized);

        (await File.ReadAllTextAsync(SecretsFile)).Should().Be(before);
    }

    [Theory]
    [InlineData("""{"provider_tokens":5}""",
        """{"detail":[{"type":"dict_type","loc":["body","provider_tokens"],"msg":"Input should be a valid dictionary","input":5}]}""")]
    [InlineData("""{"provider_tokens":{"github":{"token":"not-a-real-token","host":5}}}""",
        """{"detail":[{"type":"string_type","loc":["body","provider_tokens","github","host"],"msg":"Input should be a valid string","input":5}]}""")]
    [InlineData("[]",
        """{"detail":[{"type":"model_attributes_type","loc":["body"],"msg":"Input should be a valid dictionary or object to extract fields from","input":[]}]}""")]
    public async Task Add_WrongBody_Is422(string body, string expected) =>
        (await Rest.PostAsync(Path, body)).Should().Be(
            new RestAnswer(HttpStatusCode.UnprocessableEntity, expected, "application/json"));

    [Fact]
    public async Task Unset_StoredTokens_AreGoneAndSecretsStay()
    {
        await Rest.PostAsync("/api/secrets", """{"name":"A","value":"v"}""");
        await Rest.PostAsync(Path, Body(StandInGitHub.Token));

        (await Rest.PostAsync("/api/unset-provider-tokens")).Should().Be(
            new RestAnswer(HttpStatusCode.OK, """{"message":"Unset Git provider tokens"}""", "application/json"));

        (await File.ReadAllTextAsync(SecretsFile)).Should()
            .Be("""{"provider_tokens":{},"custom_secrets":{"A":{"secret":"v","description":""}}}""");
    }

    [Fact]
    public async Task Unset_NothingStored_WritesNothing()
    {
        (await Rest.PostAsync("/api/unset-provider-tokens")).Status.Should().Be(HttpStatusCode.OK);

        File.Exists(SecretsFile).Should().BeFalse();
    }

    [Theory]
    [InlineData(Path, """{"provider_tokens":{"github":{"token":"not-a-real-token"}}}""", "storing git providers")]
    [InlineData("/api/unset-provider-tokens", null, "unsetting tokens")]
    public async Task Send_SecretsThatCannotBeRead_Are500AndStay(string path, string? body, string what)
    {
        Host.Expect("could not be stored");
        await File.WriteAllTextAsync(SecretsFile, "{");

        (await Rest.PostAsync(path, body)).Should().Be(new RestAnswer(
            HttpStatusCode.InternalServerError, $$"""{"error":"Something went wrong {{what}}"}""", "application/json"));

        (await File.ReadAllTextAsync(SecretsFile)).Should().Be("{");
    }

    /// <summary>As the web UI posts it.</summary>
    private static string Body(string token) =>
        """{"provider_tokens":{"github":{"token":"TOKEN","host":""},"gitlab":{"token":"","host":""},"bitbucket":{"token":"","host":""}}}"""
            .Replace("TOKEN", token, StringComparison.Ordinal);

    private protected override async Task<string[]> PrepareAsync()
    {
        _gitHub = await StandInGitHub.StartAsync();
        return [$"GitHub:BaseUrl={_gitHub.Address}"];
    }
}
