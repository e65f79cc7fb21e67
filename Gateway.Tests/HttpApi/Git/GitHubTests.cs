using System.Diagnostics;
using System.Net;

using Gateway.Access;
using Gateway.HttpApi.Conversations;
using Gateway.Tests.Support;

using Microsoft.Extensions.DependencyInjection;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.HttpApi.Git;

/// <summary>What V0's routes give a user with a GitHub token, against a stand-in of GitHub.</summary>
public sealed class GitHubTests : RestTest
{
    private const string Hello =
        """{"id":"7","full_name":"octo/hello","git_provider":"github","is_public":true,"stargazers_count":70,"link_header":null,"pushed_at":null,"owner_type":"organization","main_branch":"main"}""";

    private StandInGitHub? _gitHub;

    private StandInGitHub GitHub => _gitHub!;

    public override async Task DisposeAsync()
    {
        Host.Log.Lines.Should().NotContain(static line => line.Contains(StandInGitHub.Token));
        await base.DisposeAsync();
        await _gitHub!.DisposeAsync();
    }

    [Theory]
    [InlineData("/api/user/info",
        """{"id":"42","login":"ada","avatar_url":"https://avatars.example.test/42","company":null,"name":"Ada L.","email":null}""")]
    [InlineData("/api/user/installations?provider=github", """["4711"]""")]
    [InlineData("/api/user/search/repositories?query=hello&per_page=100&selected_provider=github", $"[{Hello}]")]
    [InlineData("/api/user/search/repositories?query=octo/he", $"[{Hello}]")]
    [InlineData("/api/user/search/repositories?query=https://github.com/octo/hello&selected_provider=github", $"[{Hello}]")]
    [InlineData("/api/user/search/repositories?query=https://github.com/octo", "[]")]
    [InlineData("/api/user/search/branches?repository=octo/hello&query=m",
        """[{"name":"main","commit_sha":"abc","protected":true,"last_push_date":"2026-11-24T16:50:12Z"},{"name":"misc","commit_sha":"","protected":false,"last_push_date":null}]""")]
    [InlineData("/api/user/search/branches?repository=octo/nope&query=m", "[]")]
    [InlineData("/api/user/search/branches?repository=octo/hello&query=&selected_provider=github", "[]")]
    [InlineData("/api/user/suggested-tasks",
        """[{"git_provider":"github","task_type":"MERGE_CONFLICTS","repo":"octo/hello","issue_number":1,"title":"conflict"},{"git_provider":"github","task_type":"FAILING_CHECKS","repo":"octo/hello","issue_number":2,"title":"red"},{"git_provider":"github","task_type":"UNRESOLVED_COMMENTS","repo":"octo/hello","issue_number":3,"title":"asked"},{"git_provider":"github","task_type":"OPEN_ISSUE","repo":"octo/hello","issue_number":5,"title":"an issue"}]""")]
    [InlineData("/api/user/repository/branches?repository=octo/hello&page=1&per_page=2",
        """{"branches":[{"name":"b1","commit_sha":"5ha-b1","protected":true,"last_push_date":null},{"name":"b2","commit_sha":"5ha-b2","protected":false,"last_push_date":null}],"has_next_page":true,"current_page":1,"per_page":2,"total_count":null}""")]
    [InlineData("/api/user/repository/branches?repository=octo/hello&page=2&per_page=2",
        """{"branches":[{"name":"b3","commit_sha":"5ha-b3","protected":false,"last_push_date":null}],"has_next_page":false,"current_page":2,"per_page":2,"total_count":null}""")]
    [InlineData("/api/user/repository/branches?repository=octo/nope&page=1&per_page=30",
        """{"branches":[],"has_next_page":false,"current_page":1,"per_page":30,"total_count":0}""")]
    [InlineData("/api/user/repository/branches?repository=..%2F..%2Fuser&page=1",
        """{"branches":[],"has_next_page":false,"current_page":1,"per_page":30,"total_count":0}""")]
    [InlineData("/api/user/repository/octo/nope/microagents", "[]")]
    [InlineData("/api/user/repository/octo/hello/microagents/content?file_path=.openhands/microagents/deploy.md",
        """{"content":"How to deploy é.","path":".openhands/microagents/deploy.md","triggers":["deploy","ship it"],"git_provider":"github"}""")]
    [InlineData("/api/user/repository/octo/hello/microagents/content?file_path=.cursorrules",
        """{"content":"Be brief.\n","path":".cursorrules","triggers":[],"git_provider":"github"}""")]
    public async Task Get_WithAToken_IsWhatGitHubSaysInV0sForm(string path, string expected) =>
        (await Rest.GetAsync(path)).Should().Be(new RestAnswer(HttpStatusCode.OK, expected, "application/json"));

    [Theory]
    [InlineData("/api/user/installations?provider=gitlab", HttpStatusCode.BadRequest,
        "\"Provider ProviderType.GITLAB doesn't support installations\"")]
    [InlineData("/api/user/installations?provider=bitbucket", HttpStatusCode.InternalServerError, "Internal Server Error")]
    [InlineData("/api/user/installations", HttpStatusCode.UnprocessableEntity,
        """{"detail":[{"type":"missing","loc":["query","provider"],"msg":"Field required","input":null}]}""")]
    [InlineData("/api/user/repositories?selected_provider=github", HttpStatusCode.InternalServerError, "Internal Server Error")]
    [InlineData("/api/user/repositories?selected_provider=gitlab&page=1&per_page=30", HttpStatusCode.InternalServerError,
        "Internal Server Error")]
    [InlineData("/api/user/repositories?selected_provider=nope&page=x", HttpStatusCode.UnprocessableEntity,
        """{"detail":[{"type":"enum","loc":["query","selected_provider"],"msg":"Input should be 'github', 'gitlab', 'bitbucket' or 'enterprise_sso'","input":"nope","ctx":{"expected":"'github', 'gitlab', 'bitbucket' or 'enterprise_sso'"}},{"type":"int_parsing","loc":["query","page"],"msg":"Input should be a valid integer, unable to parse string as an integer","input":"x"}]}""")]
    [InlineData("/api/user/search/repositories", HttpStatusCode.UnprocessableEntity,
        """{"detail":[{"type":"missing","loc":["query","query"],"msg":"Field required","input":null}]}""")]
    [InlineData("/api/user/search/branches?repository=octo/hello&query=m&selected_provider=gitlab", HttpStatusCode.InternalServerError,
        "Internal Server Error")]
    [InlineData("/api/user/repository/branches", HttpStatusCode.UnprocessableEntity,
        """{"detail":[{"type":"missing","loc":["query","repository"],"msg":"Field required","input":null}]}""")]
    [InlineData("/api/user/repository/octo/hello/microagents/content", HttpStatusCode.UnprocessableEntity,
        """{"detail":[{"type":"missing","loc":["query","file_path"],"msg":"Field required","input":null}]}""")]
    [InlineData("/api/user/repository/octo/hello/microagents/content?file_path=../../../user", HttpStatusCode.Unauthorized,
        "\"Microagent file ../../../user not found in octo/hello\"")]
    [InlineData("/api/user/repository/octo/hello", HttpStatusCode.NotFound, """{"detail":"Not Found"}""")]
    public async Task Get_WhatCannotBeAnswered_IsRefusedAsV0Does(string path, HttpStatusCode status, string body)
    {
        var answer = await Rest.GetAsync(path);

        answer.Status.Should().Be(status);
        answer.Body.Should().Be(body);
    }

    [Fact]
    public async Task GetRepositories_OfOneProvider_IsThePageWithItsLinks()
    {
        var page = (JArray)WireJson.Parse(
            (await Rest.GetAsync("/api/user/repositories?selected_provider=github&sort=pushed&page=1&per_page=2")).Body);

        page.Select(static repository => (string?)repository["full_name"]).Should().Equal("ada/r1", "ada/r2");
        page.Should().OnlyContain(static repository => ((string)repository["link_header"]!).Contains("rel=\"next\""));
        page.Select(static repository => (string?)repository["owner_type"]).Should().Equal("user", "user");
        page.Select(static repository => (bool)repository["is_public"]!).Should().Equal(true, false);
        GitHub.Asked.Should().Equal("GET /user/repos?page=1&per_page=2&sort=pushed");
    }

    [Fact]
    public async Task GetRepositories_OfAnInstallation_AreThatOnes() =>
        (await Rest.GetAsync("/api/user/repositories?selected_provider=github&page=1&per_page=2&installation_id=4711")).Body
            .Should().Be($"[{Hello.Replace("\"link_header\":null", "\"link_header\":\"\"", StringComparison.Ordinal)}]");

    [Fact]
    public async Task GetRepositories_OfAllProviders_AreAllPages()
    {
        GitHub.Repositories = 250;

        var all = (JArray)WireJson.Parse((await Rest.GetAsync("/api/user/repositories")).Body);

        all.Should().HaveCount(250);
        GitHub.Asked.Should().HaveCount(3);
    }

    /// <summary>Web UIs before 0.55 know no pages of branches.</summary>
    [Fact]
    public async Task GetBranches_WithoutAPage_AreAList()
    {
        GitHub.Repositories = 150;

        var all = (JArray)WireJson.Parse((await Rest.GetAsync("/api/user/repository/branches?repository=octo/hello")).Body);

        all.Select(static branch => (string?)branch["name"]).Should().Equal(Enumerable.Range(1, 150).Select(static n => $"b{n}"));
    }

    [Fact]
    public async Task GetMicroagents_OfARepository_AreItsRulesAndItsFolder()
    {
        var found = (JArray)WireJson.Parse((await Rest.GetAsync("/api/user/repository/octo/hello/microagents")).Body);

        found.Select(static one => $"{one["name"]} {one["path"]}")
            .Should().Equal("cursorrules .cursorrules", "deploy .openhands/microagents/deploy.md");
        found.Should().OnlyContain(static one => DateTime.Parse((string)one["created_at"]!) < DateTime.UtcNow.AddMinutes(1));
    }

    [Fact]
    public async Task Get_TokenThatGitHubDoesNotTake_IsToldWithoutIt()
    {
        await StoreTokenAsync("github", "not-a-real-token-9");

        (await Rest.GetAsync("/api/user/info")).Should().Be(
            new RestAnswer(HttpStatusCode.Unauthorized, "\"Need valid provider token\"", "application/json"));
        (await Rest.GetAsync("/api/user/repositories?selected_provider=github&page=1&per_page=30")).Should().Be(
            new RestAnswer(HttpStatusCode.Unauthorized, "\"Invalid github token\"", "application/json"));
        (await Rest.GetAsync("/api/user/suggested-tasks")).Body.Should().Be("[]");
    }

    [Theory]
    [InlineData(403, HttpStatusCode.InternalServerError, "\"Unknown error: 403 of the github API\"")]
    [InlineData(404, HttpStatusCode.InternalServerError, "Internal Server Error")]
    [InlineData(429, HttpStatusCode.InternalServerError, "Internal Server Error")]
    [InlineData(502, HttpStatusCode.InternalServerError, "\"Unknown error: 502 of the github API\"")]
    public async Task Get_GitHubThatFails_IsAnsweredAsV0Does(int status, HttpStatusCode expected, string body)
    {
        GitHub.Instead = context => StandInGitHub.WriteAsync(context, status, new JObject { ["message"] = "no" });

        var answer = await Rest.GetAsync("/api/user/repositories?selected_provider=github&page=1&per_page=30");

        answer.Status.Should().Be(expected);
        answer.Body.Should().Be(body);
        (await Rest.GetAsync("/api/user/info")).Status.Should().Be(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("no json", "application/json")]
    [InlineData("<html>", "text/html")]
    [InlineData("{\"items\":5}", "application/json")]
    [InlineData("[[]]", "application/json")]
    public async Task Get_GitHubThatAnswersSomethingElse_IsNoCrash(string body, string type)
    {
        GitHub.Instead = async context =>
        {
            context.Response.ContentType = type;
            await Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response, body);
        };

        foreach (var path in (string[])["info", "repositories", "suggested-tasks", "installations?provider=github",
            "repository/branches?repository=octo/hello&page=1", "search/repositories?query=x", "search/branches?repository=a/b&query=c",
            "repository/octo/hello/microagents", "repository/octo/hello/microagents/content?file_path=a.md",
            "repositories?selected_provider=github&page=1&per_page=30"])
        {
            (await Rest.GetAsync("/api/user/" + path)).Status.Should().BeOneOf(
                [HttpStatusCode.OK, HttpStatusCode.Unauthorized, HttpStatusCode.InternalServerError], path);
        }
    }

    [Fact]
    public async Task Get_GitHubThatHangs_IsGivenUp()
    {
        GitHub.Instead = static context => Task.Delay(Timeout.Infinite, context.RequestAborted);
        var watch = Stopwatch.StartNew();

        (await Rest.GetAsync("/api/user/repositories?selected_provider=github&page=1&per_page=30")).Should().Be(
            new RestAnswer(HttpStatusCode.InternalServerError, "\"HTTP error ReadTimeout : \"", "application/json"));

        watch.Elapsed.Should().BeLessThan(TestLimits.Step);
    }

    [Theory]
    [InlineData("octo/hello", null, true)]
    [InlineData("octo/hello", "gitlab", true)]
    [InlineData("octo/nope", "github", false)]
    [InlineData("../user", null, false)]
    [InlineData("hello", null, false)]
    public async Task CanRead_ARepository_IsWhatGitHubSays(string repository, string? provider, bool expected) =>
        (await Host.Services.GetRequiredService<IRepositoryAccess>()
            .CanReadAsync(Caller.Anyone, repository, provider, CancellationToken.None)).Should().Be(expected);

    [Fact]
    public async Task Get_OnlyAnotherProvider_IsAnsweredAsOneThatCannotBeReached()
    {
        await StoreTokenAsync("gitlab", "not-a-real-token-8");

        (await Rest.GetAsync("/api/user/info")).Body.Should().Be("\"Need valid provider token\"");
        (await Rest.GetAsync("/api/user/repositories")).Body.Should().Be("[]");
        (await Rest.GetAsync("/api/user/repositories?selected_provider=gitlab&page=1&per_page=30")).Should().Be(new RestAnswer(
            HttpStatusCode.InternalServerError, "\"HTTP error ConnectError : [Errno -2] Name or service not known\"", "application/json"));
        GitHub.Asked.Should().BeEmpty();
    }

    private Task StoreTokenAsync(string provider, string token) => File.WriteAllTextAsync(
        Store.PathOf("secrets.json"),
        new JObject { ["provider_tokens"] = new JObject { [provider] = new JObject { ["token"] = token, ["host"] = null } } }.ToString());

    private protected override async Task<string[]> PrepareAsync()
    {
        await StoreTokenAsync("github", StandInGitHub.Token);
        _gitHub = await StandInGitHub.StartAsync();
        return [$"GitHub:BaseUrl={_gitHub.Address}", "GitHub:RequestTimeout=00:00:01"];
    }
}
