using Gateway.Conversations;
using Gateway.Primitives.Json;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1.Rest;

/// <summary>The conversations of a V1 server as V0's routes see and change them, over a real socket.</summary>
public sealed class V1ConversationsTests
{
    private static readonly JObject s_settings = new()
    {
        ["llm_model"] = "openai/gpt-x",
        ["llm_api_key"] = "sk-user",
        ["llm_base_url"] = "http://model/v1",
        ["confirmation_mode"] = true,
        ["max_iterations"] = 77,
    };

    [Fact]
    public async Task List_OfAServer_IsKeptForAMomentAndThenAskedAnew()
    {
        await using var v1 = await V1CallsHarness.StartAsync();

        var first = await v1.Directory.ListAsync(default);
        v1.Server.Rest.Add(Guid.NewGuid(), "New", DateTimeOffset.UtcNow.AddSeconds(1));
        var second = await v1.Directory.ListAsync(default);
        v1.Clock.Advance(TimeSpan.FromSeconds(11));
        var third = await v1.Directory.ListAsync(default);

        first.Select(static one => one.Id).Should().Equal(v1.Id);
        second.Should().BeSameAs(first);
        third.Select(static one => one.Title).Should().Equal("New", null);
        v1.Server.Rest.Requests.Should().HaveCount(2);
    }

    [Fact]
    public async Task List_ALittleOld_IsGivenAtOnceAndAskedForBeside()
    {
        await using var v1 = await V1CallsHarness.StartAsync();
        var first = await v1.Directory.ListAsync(default);
        v1.Server.Rest.Add(Guid.NewGuid(), "New", DateTimeOffset.UtcNow.AddSeconds(1));
        v1.Clock.Advance(TimeSpan.FromSeconds(4));

        var second = v1.Directory.ListAsync(default).AsTask();
        second.IsCompletedSuccessfully.Should().BeTrue();
        (await second).Should().BeSameAs(first);
        await Eventually.IsTrueAsync(
            () => v1.Directory.ListAsync(default).AsTask() is { IsCompletedSuccessfully: true, Result.Count: 2 }, "the new one is there");
    }

    [Fact]
    public async Task List_ManyPages_EndsWhereListsWouldHideTheRest()
    {
        await using var v1 = await V1CallsHarness.StartAsync();
        v1.Server.Rest.Forget(v1.Server.ConversationId);
        var now = v1.Clock.GetUtcNow();
        var ids = Enumerable.Range(0, 120).Select(i => v1.Server.Rest.Add(Guid.NewGuid(), $"t{i}", now.AddHours(-i - 130))).ToList();
        for (var i = 0; i < 100; i++)
        {
            v1.Server.Rest.Add(Guid.NewGuid(), "old", now.AddDays(-20));
        }

        var listed = await v1.Directory.ListAsync(default);

        listed.Select(static one => Guid.Parse(one.Id.Value)).Should().Equal(ids[..111]);
        v1.Server.Rest.Requests.Should().HaveCount(3);
    }

    [Fact]
    public async Task List_ServerThatHangs_IsWhatWasKnownLastAfterAShortWait()
    {
        await using var v1 = await V1CallsHarness.StartAsync(configure: static o => o.RestTimeout = TimeSpan.FromMilliseconds(300));
        var known = await v1.Directory.ListAsync(default);
        v1.Server.HeldUntil = new TaskCompletionSource().Task;
        v1.Clock.Advance(TimeSpan.FromSeconds(11));

        var hanging = v1.Directory.ListAsync(default).AsTask();
        (await hanging.WaitAsync(TestLimits.Step)).Should().BeEquivalentTo(known);

        // Known to be away: nobody waits, however often the server is asked again.
        v1.Clock.Advance(TimeSpan.FromSeconds(4));
        var next = v1.Directory.ListAsync(default).AsTask();
        next.IsCompletedSuccessfully.Should().BeTrue();
        (await next).Should().BeEquivalentTo(known);
    }

    [Theory]
    [InlineData(200, "no JSON")]
    [InlineData(200, "[]")]
    [InlineData(200, """{"items":"x"}""")]
    [InlineData(200, """{"items":[null,1,{},{"id":"x"},{"id":"9beb4ee242904df397a2f840ccb976b4"}],"next_page_id":"again"}""")]
    [InlineData(500, "{}")]
    [InlineData(404, """{"detail":"Not Found"}""")]
    public async Task List_ServerThatTalksNonsense_IsEmpty(int status, string body)
    {
        await using var v1 = await V1CallsHarness.StartAsync();
        v1.AnswerWith(status, body);

        (await v1.Directory.ListAsync(default).AsTask().WaitAsync(TestLimits.Step)).Should().BeEmpty();
    }

    [Fact]
    public async Task Find_KnownUnknownAndAway_IsOneOrNone()
    {
        await using var v1 = await V1CallsHarness.StartAsync();
        v1.Server.Rest.SetTitle(v1.Server.ConversationId, "A title");

        (await v1.Directory.FindAsync(v1.Id, default))!.Title.Should().Be("A title");
        (await v1.Directory.FindAsync(ConversationId.NewRandom(), default)).Should().BeNull();
        v1.Server.IsDown = true;
        (await v1.Directory.FindAsync(v1.Id, default)).Should().BeNull();
    }

    [Theory]
    [InlineData("1.58.2")]
    [InlineData("1.57.0")]
    public async Task Delete_OfAServer_IsGoneFromTheListAtOnce(string version)
    {
        await using var v1 = await V1CallsHarness.StartAsync(version: version);
        await v1.Directory.ListAsync(default);

        (await v1.Directory.DeleteAsync(v1.Id, default)).Should().Be(BackendAnswer.Done);
        (await v1.Directory.ListAsync(default)).Should().BeEmpty();
        (await v1.Directory.DeleteAsync(v1.Id, default)).Should().Be(BackendAnswer.Unknown);
        (await v1.Directory.RenameAsync(v1.Id, "x", default)).Should().Be(BackendAnswer.Unknown);
    }

    [Fact]
    public async Task Changes_ServerAway_Fail()
    {
        await using var v1 = await V1CallsHarness.StartAsync();
        v1.Server.IsDown = true;
        var expected = BackendAnswer.Failed("The agent server cannot be reached.");
        v1.Documents.Settings = s_settings;

        (await v1.Directory.RenameAsync(v1.Id, "x", default)).Should().Be(expected);
        (await v1.Directory.DeleteAsync(v1.Id, default)).Should().Be(expected);
        (await v1.Directory.StopAsync(v1.Id, default)).Should().Be(expected);
        (await v1.Directory.CreateAsync(Wanted(), default)).Should().Be(expected with { MessageId = "STATUS$ERROR_RUNTIME_DISCONNECTED" });
    }

    [Fact]
    public async Task Changes_ProxyBeforeAServerThatIsGone_Fail()
    {
        await using var v1 = await V1CallsHarness.StartAsync();
        v1.Server.ProxyStatus = 404;

        (await v1.Directory.DeleteAsync(v1.Id, default)).Outcome.Should().Be(BackendOutcome.Failed);
    }

    [Fact]
    public async Task Create_WithoutATemplate_TakesTheUsersSettings()
    {
        await using var v1 = await V1CallsHarness.StartAsync();
        v1.Documents.Settings = s_settings;
        v1.Documents.Secrets = JObject.Parse(
            """{"provider_tokens":{"github":{"token":"ghp"},"gitlab":{"token":""}},"custom_secrets":{"A":{"secret":"s"},"B":"old"}}""");
        var wanted = Wanted("Hi") with { Instructions = "Be brief." };

        (await v1.Directory.CreateAsync(wanted, default)).Should().Be(BackendAnswer.Done);

        var expected = JObject.Parse("""
            {"agent":{"kind":"Agent","llm":{"usage_id":"agent","model":"openai/gpt-x","api_key":"sk-user","base_url":"http://model/v1"},
            "tools":[{"name":"terminal"},{"name":"file_editor"},{"name":"task_tracker"}],"agent_context":{"system_message_suffix":"Be brief."}},
            "workspace":{"working_dir":"/workspace/project"},"confirmation_policy":{"kind":"AlwaysConfirm"},"max_iterations":77,
            "secrets":{"A":{"kind":"StaticSecret","value":"s"},"B":{"kind":"StaticSecret","value":"old"},
            "GITHUB_TOKEN":{"kind":"StaticSecret","value":"ghp"}},
            "initial_message":{"role":"user","content":[{"type":"text","text":"Hi"}],"run":true}}
            """);
        expected["conversation_id"] = Guid.Parse(wanted.Key.Id.Value).ToString("D");
        Sorted(v1.Server.Rest.LastCreation!).ToString().Should().Be(Sorted(expected).ToString());
    }

    [Fact]
    public async Task Create_WithATemplate_TakesItsModelAndItsPolicy()
    {
        using var folder = TempStore.Empty();
        await File.WriteAllTextAsync(folder.PathOf("t.json"),
            """{"agent":{"llm":{"model":"m","api_key":"k"}},"workspace":{"working_dir":"/w"},"confirmation_policy":{"kind":"NeverConfirm"}}""");
        await using var v1 = await V1CallsHarness.StartAsync(configure: o => o.ConversationTemplate = folder.PathOf("t.json"));
        v1.Documents.Settings = s_settings;

        (await v1.Directory.CreateAsync(Wanted(), default)).Should().Be(BackendAnswer.Done);

        var sent = v1.Server.Rest.LastCreation!;
        sent["agent"]!["llm"]!.ToString(Newtonsoft.Json.Formatting.None).Should().Be("""{"model":"m","api_key":"k"}""");
        sent.Object("confirmation_policy").Text("kind").Should().Be("NeverConfirm");
        sent.ContainsKey("initial_message").Should().BeFalse();
    }

    [Theory]
    [InlineData(null, "Settings not found", "CONFIGURATION$SETTINGS_NOT_FOUND")]
    [InlineData("""{"llm_model":"m","llm_api_key":" "}""", "Error authenticating with the LLM provider. Please check your API key",
        "STATUS$ERROR_LLM_AUTHENTICATION")]
    public async Task Create_WithoutAModelOrItsKey_IsRefusedAsByV0(string? settings, string problem, string id)
    {
        await using var v1 = await V1CallsHarness.StartAsync();
        v1.Documents.Settings = settings is null ? null : JObject.Parse(settings);

        (await v1.Directory.CreateAsync(Wanted(), default)).Should().Be(BackendAnswer.Failed(problem, id));
        v1.Server.Rest.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task Create_RefusedByTheServer_SaysWhy()
    {
        await using var v1 = await V1CallsHarness.StartAsync();
        v1.Documents.Settings = s_settings;
        v1.Server.Rest.RefusesToCreate = (429, "Conversation run limit reached. Retry the request later.");

        (await v1.Directory.CreateAsync(Wanted(), default)).Problem.Should()
            .Be("The agent server answered 429: Conversation run limit reached. Retry the request later.");
    }

    private static BackendCreation Wanted(string? message = null) => new(
        new ConversationKey(ConversationId.NewRandom()),
        message is null ? null : new JObject { ["action"] = "message", ["args"] = new JObject { ["content"] = message } },
        null);

    private static JToken Sorted(JToken token) => token switch
    {
        JObject json => new JObject(json.Properties().OrderBy(static p => p.Name, StringComparer.Ordinal)
            .Select(static p => new JProperty(p.Name, Sorted(p.Value)))),
        JArray array => new JArray(array.Select(Sorted)),
        _ => token.DeepClone(),
    };
}
