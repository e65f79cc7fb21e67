using System.Net;

using Gateway.Primitives.Json;
using Gateway.Tests.Support;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.HttpApi.Settings;

/// <summary>V0's settings over a real server: what is stored, what is shown, and what is refused.</summary>
public sealed class SettingsEndpointsTests : RestTest
{
    private const string Path = "/api/settings";
    private const string Stored = """{"message":"Settings stored"}""";

    [Fact]
    public async Task Get_NothingStored_Is404() =>
        (await Rest.GetAsync(Path)).Should().Be(new RestAnswer(
            HttpStatusCode.NotFound, """{"error":"Settings not found"}""", "application/json"));

    [Fact]
    public async Task Post_NoField_StoresV0sDefaultsInItsOrder()
    {
        (await Rest.PostAsync(Path, "{}")).Should().Be(new RestAnswer(HttpStatusCode.OK, Stored, "application/json"));

        (await File.ReadAllTextAsync(SettingsFile)).Should().Be(
            """{"language":null,"agent":null,"max_iterations":null,"security_analyzer":null,"confirmation_mode":null,"llm_model":null,"llm_api_key":null,"llm_base_url":null,"remote_runtime_resource_factor":null,"secrets_store":{"provider_tokens":{}},"enable_default_condenser":true,"enable_sound_notifications":false,"enable_proactive_conversation_starters":true,"enable_solvability_analysis":true,"user_consents_to_analytics":null,"sandbox_base_container_image":null,"sandbox_runtime_container_image":null,"mcp_config":null,"search_api_key":null,"sandbox_api_key":null,"max_budget_per_task":null,"condenser_max_size":null,"email":null,"email_verified":null,"git_user_name":null,"git_user_email":null}""");
        (await Rest.GetAsync(Path)).Body.Should().Be(
            """{"language":null,"agent":null,"max_iterations":null,"security_analyzer":null,"confirmation_mode":null,"llm_model":null,"llm_api_key":null,"llm_base_url":null,"remote_runtime_resource_factor":null,"secrets_store":{"provider_tokens":{}},"enable_default_condenser":true,"enable_sound_notifications":false,"enable_proactive_conversation_starters":true,"enable_solvability_analysis":true,"user_consents_to_analytics":null,"sandbox_base_container_image":null,"sandbox_runtime_container_image":null,"mcp_config":null,"search_api_key":null,"sandbox_api_key":null,"max_budget_per_task":null,"condenser_max_size":null,"email":null,"email_verified":null,"git_user_name":null,"git_user_email":null,"provider_tokens_set":{},"llm_api_key_set":false,"search_api_key_set":false,"v1_enabled":false}""");
    }

    [Fact]
    public async Task Get_KeysAndTokensStored_ShowsThatThereAreSomeAndNotWhich()
    {
        await File.WriteAllTextAsync(SettingsFile,
            """{"llm_api_key":"key-1","search_api_key":"key-2","sandbox_api_key":"key-3","mcp_config":{"sse_servers":[{"url":"https://a.example.test","api_key":"key-4"}],"stdio_servers":[],"shttp_servers":[{"url":"https://b.example.test","api_key":"key-5","timeout":60}]}}""");
        await File.WriteAllTextAsync(SecretsFile,
            """{"provider_tokens":{"github":{"token":"key-6","host":"git.example.test","user_id":null},"gitlab":{"token":""},"other":{"token":"key-7"}},"custom_secrets":{"A":{"secret":"key-8","description":""}}}""");

        var answer = await Rest.GetAsync(Path);

        answer.Body.Should().NotContain("key-");
        var shown = WireJson.Parse(answer.Body);
        shown.Flag("llm_api_key_set").Should().BeTrue();
        shown.Flag("search_api_key_set").Should().BeTrue();
        Text(shown["provider_tokens_set"]).Should().Be("""{"github":"git.example.test"}""");
        shown["mcp_config"]!["sse_servers"]![0].Text("api_key").Should().Be("**********");
        shown["mcp_config"]!["shttp_servers"]![0].Text("api_key").Should().Be("**********");
    }

    [Fact]
    public async Task Post_SomeFields_KeepsAllOthersAndWhatNobodyHereKnows()
    {
        await File.WriteAllTextAsync(SettingsFile,
            """{"language":"en","agent":"CodeActAgent","confirmation_mode":true,"llm_api_key":"key","max_budget_per_task":2,"of_a_newer_version":{"a":1.50}}""");

        await Rest.PostAsync(Path, """{"mcp_config":{"sse_servers":[],"stdio_servers":[],"shttp_servers":[]},"unknown":1}""");

        var stored = await ReadSettingsAsync();
        stored.Text("language").Should().Be("en");
        stored.Text("agent").Should().Be("CodeActAgent");
        stored.Flag("confirmation_mode").Should().BeTrue();
        stored.Text("llm_api_key").Should().Be("key");
        stored.ContainsKey("unknown").Should().BeFalse();
        (await File.ReadAllTextAsync(SettingsFile)).Should()
            .Contain("\"max_budget_per_task\":2.0,").And.EndWith("\"of_a_newer_version\":{\"a\":1.50}}");
    }

    [Theory]
    [InlineData("""{"llm_api_key":null,"llm_model":null,"llm_base_url":null,"search_api_key":null,"user_consents_to_analytics":null}""")]
    [InlineData("""{"llm_api_key":"**********","search_api_key":"**********"}""")]
    public async Task Post_NullOrMask_KeepsWhatV0Keeps(string body)
    {
        await File.WriteAllTextAsync(SettingsFile,
            """{"llm_model":"m","llm_api_key":"k","llm_base_url":"u","search_api_key":"s","user_consents_to_analytics":true}""");

        await Rest.PostAsync(Path, body);

        var stored = await ReadSettingsAsync();
        stored.Text("llm_model").Should().Be("m");
        stored.Text("llm_api_key").Should().Be("k");
        stored.Text("llm_base_url").Should().Be("u");
        stored.Text("search_api_key").Should().Be("s");
        stored.Flag("user_consents_to_analytics").Should().BeTrue();
    }

    /// <summary>An old page that is not shown the key takes it for missing, and posts an empty one with every save.</summary>
    [Theory]
    [InlineData("""{"llm_api_key":""}""", false)]
    [InlineData("""{"llm_api_key":" "}""", false)]
    [InlineData("""{"llm_model":"m","agent":"CodeActAgent","language":"en","llm_api_key":"","enable_proactive_conversation_starters":true}""",
        false)]
    [InlineData("""{"llm_model":"m","agent":"CodeActAgent","language":"en","llm_api_key":"","enable_default_condenser":true}""", true)]
    public async Task Post_EmptyKey_RemovesItUnlessThePageNeverKnewIt(string body, bool isKept)
    {
        await File.WriteAllTextAsync(SettingsFile, """{"llm_api_key":"k"}""");

        await Rest.PostAsync(Path, body);

        (await ReadSettingsAsync()).TextOrNull("llm_api_key").Should().Be(isKept ? "k" : null);
    }

    [Fact]
    public async Task Post_McpServersAsShown_KeepsTheirKeys()
    {
        await Rest.PostAsync(Path,
            """{"mcp_config":{"sse_servers":[{"url":"https://a.example.test","api_key":"key-a"},{"url":"https://b.example.test","api_key":"key-b"}],"shttp_servers":["https://c.example.test"]}}""");
        var shown = WireJson.Parse((await Rest.GetAsync(Path)).Body)["mcp_config"]!;
        ((JArray)shown["sse_servers"]!).RemoveAt(0);
        shown["shttp_servers"]![0]!["api_key"] = "**********";
        ((JArray)shown["shttp_servers"]!).Add(new JObject { ["url"] = "https://d.example.test", ["api_key"] = "key-d" });

        await Rest.PostAsync(Path, new JObject { ["mcp_config"] = shown }.ToString());

        Text((await ReadSettingsAsync())["mcp_config"]).Should().Be(
            """{"sse_servers":[{"url":"https://b.example.test","api_key":"key-b"}],"stdio_servers":[],"shttp_servers":[{"url":"https://c.example.test","api_key":null,"timeout":60},{"url":"https://d.example.test","api_key":"key-d","timeout":60}]}""");
    }

    [Fact]
    public async Task Post_McpEnvironmentAsShown_KeepsItsSecretsAndShowsTheRest()
    {
        await Rest.PostAsync(Path,
            """{"mcp_config":{"stdio_servers":[{"name":"files","command":"npx","env":{"LEVEL":"debug","API_KEY":"key-a","Gh_Token":"t"}}]}}""");
        var shown = WireJson.Parse((await Rest.GetAsync(Path)).Body)["mcp_config"]!;
        var environment = (JObject)shown["stdio_servers"]![0]!["env"]!;
        Text(environment).Should().Be("""{"LEVEL":"debug","API_KEY":"**********","Gh_Token":"**********"}""");
        environment["LEVEL"] = "info";
        environment["OTHER_KEY"] = "**********";

        await Rest.PostAsync(Path, new JObject { ["mcp_config"] = shown }.ToString());

        Text((await ReadSettingsAsync())["mcp_config"]!["stdio_servers"]![0]!["env"]).Should().Be(
            """{"LEVEL":"info","API_KEY":"key-a","Gh_Token":"t"}""");
    }

    [Fact]
    public async Task Post_McpCommandAsText_IsSplitAsAShellWould()
    {
        await Rest.PostAsync(
            Path,
            """{"mcp_config":{"stdio_servers":[{"name":" files ","command":"npx","args":"-y 'a b' \"c\\\"d\" e\\ f","env":"A=1, B=x=y,"}]}}""");

        Text((await ReadSettingsAsync())["mcp_config"]!["stdio_servers"]).Should().Be(
            """[{"name":"files","command":"npx","args":["-y","a b","c\"d","e f"],"env":{"A":"1","B":"x=y"}}]""");
    }

    [Fact]
    public async Task Post_McpServerWithAnotherAddress_KeepsTheKeyOfItsPlace()
    {
        await Rest.PostAsync(Path, """{"mcp_config":{"sse_servers":[{"url":"https://typo.example.test","api_key":"key-a"}]}}""");

        await Rest.PostAsync(Path, """{"mcp_config":{"sse_servers":[{"url":"https://right.example.test","api_key":"**********"}]}}""");

        (await ReadSettingsAsync())["mcp_config"]!["sse_servers"]![0].Text("api_key").Should().Be("key-a");
    }

    [Theory]
    [InlineData("""{"github_token":"token-1"}""", "github")]
    [InlineData("""{"provider_tokens":{"gitlab":"token-2","github":""}}""", "gitlab")]
    [InlineData("""{"provider_tokens":{"bitbucket":{"token":"token-3"},"nope":"x"}}""", "bitbucket")]
    public async Task Post_TokensOfAnOldPage_AreStoredAsSecrets(string body, string provider)
    {
        (await Rest.PostAsync(Path, body)).Body.Should().Be(Stored);

        (await File.ReadAllTextAsync(SettingsFile)).Should().NotContain("token-");
        Text(WireJson.Parse((await Rest.GetAsync(Path)).Body)["provider_tokens_set"]).Should().Be($"{{\"{provider}\":null}}");
    }

    [Theory]
    [InlineData("/api/settings", """{"unset_github_token":true}""")]
    [InlineData("/api/unset-settings-tokens", null)]
    public async Task Post_OldPageTakesTheTokenAway_ItIsGoneAndSecretsStay(string path, string? body)
    {
        await Rest.PostAsync("/api/secrets", """{"name":"A","value":"v"}""");
        await Rest.PostAsync(Path, """{"github_token":"token-1"}""");

        (await Rest.PostAsync(path, body)).Should().Be(new RestAnswer(HttpStatusCode.OK, Stored, "application/json"));

        (await File.ReadAllTextAsync(SecretsFile)).Should()
            .Be("""{"provider_tokens":{},"custom_secrets":{"A":{"secret":"v","description":""}}}""");
    }

    [Fact]
    public async Task Get_OldSettingsWithTokens_MovesThemAndLosesNoSecret()
    {
        await File.WriteAllTextAsync(SettingsFile,
            """{"language":"de","secrets_store":{"provider_tokens":{"gitlab":{"token":"token-1","host":"gitlab.example.test"}},"custom_secrets":{"B":{"secret":"b","description":"d"},"C":"c"}}}""");
        await File.WriteAllTextAsync(SecretsFile, """{"provider_tokens":{},"custom_secrets":{"A":{"secret":"a","description":""}}}""");

        var shown = WireJson.Parse((await Rest.GetAsync(Path)).Body);

        Text(shown["provider_tokens_set"]).Should().Be("""{"gitlab":"gitlab.example.test"}""");
        Text((await ReadSettingsAsync())["secrets_store"]).Should().Be("""{"provider_tokens":{}}""");
        (await ReadSettingsAsync()).Text("language").Should().Be("de");
        (await Rest.GetAsync("/api/secrets")).Body.Should().Be(
            """{"custom_secrets":[{"name":"A","description":""},{"name":"B","description":"d"},{"name":"C","description":""}]}""");
        (await File.ReadAllTextAsync(SecretsFile)).Should().Contain("token-1").And.Contain("\"C\":\"c\"");
    }

    [Theory]
    [InlineData("""{"condenser_max_size":19}""",
        """{"detail":[{"type":"value_error","loc":["body","condenser_max_size"],"msg":"Value error, condenser_max_size must be at least 20","input":19,"ctx":{"error":{}}}]}""")]
    [InlineData("""{"llm_api_key":5,"search_api_key":["key",{"a":"key"}]}""",
        """{"detail":[{"type":"string_type","loc":["body","llm_api_key"],"msg":"Input should be a valid string","input":5},{"type":"string_type","loc":["body","search_api_key"],"msg":"Input should be a valid string","input":["**********",{"a":"**********"}]}]}""")]
    [InlineData("""{"mcp_config":{"stdio_servers":[{"name":"a","command":"b","args":"-y 'x z'","env":"A=1, B=2"},{"name":"c","command":"d","args":"'","env":{"A":1}}]}}""",
        """{"detail":[{"type":"value_error","loc":["body","mcp_config","stdio_servers",1,"args"],"msg":"Value error, Invalid argument format: No closing quotation. Use shell-like format, e.g., \"arg1 arg2\" or '--config \"value with spaces\"'","input":"'","ctx":{"error":{}}},{"type":"string_type","loc":["body","mcp_config","stdio_servers",1,"env","A"],"msg":"Input should be a valid string","input":1}]}""")]
    [InlineData("""{"enable_default_condenser":null,"max_budget_per_task":"x"}""",
        """{"detail":[{"type":"bool_type","loc":["body","enable_default_condenser"],"msg":"Input should be a valid boolean","input":null},{"type":"float_parsing","loc":["body","max_budget_per_task"],"msg":"Input should be a valid number, unable to parse string as a number","input":"x"}]}""")]
    [InlineData("""{"mcp_config":{"sse_servers":[{"url":" "},{"url":"https:///x"},{"url":"ftp://a"},{},5],"extra":1}}""",
        """{"detail":[{"type":"value_error","loc":["body","mcp_config","sse_servers",0,"url"],"msg":"Value error, URL cannot be empty","input":" ","ctx":{"error":{}}},{"type":"value_error","loc":["body","mcp_config","sse_servers",1,"url"],"msg":"Value error, URL must include a valid domain/host","input":"https:///x","ctx":{"error":{}}},{"type":"value_error","loc":["body","mcp_config","sse_servers",2,"url"],"msg":"Value error, URL scheme must be http, https, ws, or wss","input":"ftp://a","ctx":{"error":{}}},{"type":"missing","loc":["body","mcp_config","sse_servers",3,"url"],"msg":"Field required","input":{}},{"type":"model_attributes_type","loc":["body","mcp_config","sse_servers",4],"msg":"Input should be a valid dictionary or object to extract fields from","input":5},{"type":"extra_forbidden","loc":["body","mcp_config","extra"],"msg":"Extra inputs are not permitted","input":1}]}""")]
    [InlineData("""{"mcp_config":{"stdio_servers":[{"name":"a","command":"b c"}],"shttp_servers":[{"url":"https://a","timeout":0},{"url":"https://a","timeout":3601}]}}""",
        """{"detail":[{"type":"value_error","loc":["body","mcp_config","stdio_servers",0,"command"],"msg":"Value error, Command should be a single executable without spaces (use arguments field for parameters)","input":"b c","ctx":{"error":{}}},{"type":"value_error","loc":["body","mcp_config","shttp_servers",0,"timeout"],"msg":"Value error, Timeout must be positive","input":0,"ctx":{"error":{}}},{"type":"value_error","loc":["body","mcp_config","shttp_servers",1,"timeout"],"msg":"Value error, Timeout cannot exceed 3600 seconds","input":3601,"ctx":{"error":{}}}]}""")]
    public async Task Post_WrongFields_TellsAllOfThemAndStoresNothing(string body, string expected)
    {
        (await Rest.PostAsync(Path, body)).Should().Be(
            new RestAnswer(HttpStatusCode.UnprocessableEntity, expected, "application/json"));

        File.Exists(SettingsFile).Should().BeFalse();
    }

    [Theory]
    [InlineData("""{"mcp_config":{"sse_servers":5}}""")]
    [InlineData("""{"mcp_config":{"shttp_servers":null}}""")]
    [InlineData("""{"mcp_config":{"stdio_servers":[{"name":5,"command":"x"}]}}""")]
    public async Task Post_McpServersThatV0FailsOn_Is500AndStoresNothing(string body)
    {
        (await Rest.PostAsync(Path, body)).Should().Be(
            new RestAnswer(HttpStatusCode.InternalServerError, "Internal Server Error", "text/plain; charset=utf-8"));

        File.Exists(SettingsFile).Should().BeFalse();
    }

    [Theory]
    [InlineData("PUT", "/api/settings", HttpStatusCode.MethodNotAllowed, """{"detail":"Method Not Allowed"}""")]
    [InlineData("DELETE", "/api/settings", HttpStatusCode.MethodNotAllowed, """{"detail":"Method Not Allowed"}""")]
    [InlineData("POST", "/api/reset-settings", HttpStatusCode.Gone, """{"error":"Reset settings functionality has been removed."}""")]
    public async Task Send_OtherMethodsAndRoutes_AreAnsweredAsV0Does(string method, string path, HttpStatusCode status, string body) =>
        (await Rest.SendAsync(method, path, null)).Should().Be(new RestAnswer(status, body, "application/json"));

    [Theory]
    [InlineData("{\"language\":")]
    [InlineData("")]
    [InlineData("""{"condenser_max_size":5}""")]
    [InlineData("""{"mcp_config":{"sse_servers":5}}""")]
    public async Task Send_SettingsThatV0CannotRead_Are500AndStay(string content)
    {
        Host.Expect("settings or secrets cannot be read");
        Host.Expect("could not be stored");
        await File.WriteAllTextAsync(SettingsFile, content);

        (await Rest.GetAsync(Path)).Should().Be(
            new RestAnswer(HttpStatusCode.InternalServerError, "Internal Server Error", "text/plain; charset=utf-8"));
        (await Rest.PostAsync(Path, """{"language":"de"}""")).Should().Be(new RestAnswer(
            HttpStatusCode.InternalServerError, """{"error":"Something went wrong storing settings"}""", "application/json"));

        (await File.ReadAllTextAsync(SettingsFile)).Should().Be(content);
    }

    [Fact]
    public async Task Post_StoreThatTakesNothing_Is500WithoutAHalfFile()
    {
        Host.Expect("could not be stored");
        Directory.CreateDirectory(SettingsFile);

        (await Rest.PostAsync(Path, """{"llm_api_key":"key-1"}""")).Should().Be(new RestAnswer(
            HttpStatusCode.InternalServerError, """{"error":"Something went wrong storing settings"}""", "application/json"));

        Directory.GetFileSystemEntries(Store.Root, "*", SearchOption.AllDirectories).Should().Equal(SettingsFile);
        Host.Log.Lines.Should().NotContain(static line => line.Contains("key-1"));
    }

    [Fact]
    public async Task Post_LargerThanAllowed_Is413AndStoresNothing()
    {
        using var http = new HttpClient { BaseAddress = Host.Address, Timeout = TestLimits.Step };
        using var request = new HttpRequestMessage(HttpMethod.Post, Path);
        request.Content = new StringContent(new string('x', 17 * 1024 * 1024));

        using var answer = await http.SendAsync(request);

        answer.StatusCode.Should().Be(HttpStatusCode.RequestEntityTooLarge);

        File.Exists(SettingsFile).Should().BeFalse();
    }

    [Fact]
    public async Task Post_ManyAtOnce_NoneIsLost()
    {
        string[] names = ["language", "agent", "security_analyzer", "llm_model", "llm_base_url", "email", "git_user_name", "git_user_email"];

        var answers = await Task.WhenAll(names.Select(name => Rest.PostAsync(Path, new JObject { [name] = name }.ToString())));

        answers.Should().OnlyContain(static answer => answer.Status == HttpStatusCode.OK);
        var stored = await ReadSettingsAsync();
        names.Should().OnlyContain(name => stored.Text(name) == name);
        Directory.GetFileSystemEntries(Store.Root).Should().Equal(SettingsFile);
    }

    private static string Text(JToken? json) => json?.ToString(Formatting.None) ?? "";

    private async Task<JObject> ReadSettingsAsync() => (JObject)WireJson.Parse(await File.ReadAllTextAsync(SettingsFile));
}
