using System.Net;
using System.Text;

using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Drift;

/// <summary>The tool itself, against a server that plays what was recorded, and against ones that do otherwise.</summary>
public sealed class DriftTests
{
    private const string Key = "the-servers-key";

    public static TheoryData<string> Rows() => [.. DriftRow.All.Select(static row => row.Name)];

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Row_AgainstItsRecording_IsTheSame(string name)
    {
        var row = Row(name);
        await using var server = await StartAsync(row.Recording, row.ConfirmationPolicy);

        var result = await RunAsync(row, server, Options(server) with { RestartCommand = "test \"$DRIFT_URL\"" });

        result.Should().Be(DriftResult.Same, "the server was asked: {0}", string.Join(", ", server.Rest.Requests));
    }

    [Fact]
    public async Task Row_AgainstAnotherRecording_NamesTheFirstDifferingFrame()
    {
        await using var server = await StartAsync("v1/big-output", "NeverConfirm");

        var result = await RunAsync(Row("message"), server, Options(server));

        result.Should().Be(DriftResult.DifferentAt(3, "agent action message", "agent action run"));
    }

    [Fact]
    public async Task Row_WithMoreThanWasRecorded_IsDifferent()
    {
        var log = V1Recording.Load("v1/hello").Log;
        var again = (JObject)V1Recording.Load("v1/bad-frames").Log.Last(static e => (string?)e["kind"] == "MessageEvent").DeepClone();
        await using var server = await StartAsync([.. log, again], "NeverConfirm");

        var result = await RunAsync(Row("message"), server, Options(server) with { Quiet = TestLimits.Step });

        result.Outcome.Should().Be(DriftOutcome.Different);
        result.Detail.Should().StartWith("frame 5: expected 'nothing', got ");
    }

    [Fact]
    public async Task Row_ServerSaysNothingMore_IsDifferentAfterTheLimit()
    {
        var log = V1Recording.Load("v1/hello").Log;
        await using var server = await StartAsync(log.Take(4), "NeverConfirm");

        var result = await RunAsync(Row("message"), server, Options(server) with { Limit = TimeSpan.FromSeconds(2) });

        result.Outcome.Should().Be(DriftOutcome.Different);
        result.Detail.Should().EndWith("got 'nothing within 2 s'");
    }

    [Fact]
    public async Task Row_WithoutWhatItNeeds_IsSkippedOrFailed()
    {
        await using var server = await StartAsync("v1/hello", "NeverConfirm");

        var restart = await RunAsync(Row("restart"), server, Options(server));
        var secure = await RunAsync(Row("reconnect"), server, Options(server), "https://localhost/");
        var key = await RunAsync(Row("message"), server, Options(server) with { Key = "a-wrong-key" });
        var away = await RunAsync(Row("message"), server, Options(server), "http://127.0.0.1:1/");

        restart.Should().Be(new DriftResult(DriftOutcome.Skipped, "needs --restart-command"));
        secure.Should().Be(new DriftResult(DriftOutcome.Skipped, "needs an http address"));
        key.Should().Be(new DriftResult(DriftOutcome.Failed, """POST /api/conversations: 401 {"detail":"Unauthorized"}"""));
        away.Outcome.Should().Be(DriftOutcome.Failed);
    }

    [Fact]
    public async Task Row_ServerRepeatsTheKey_IsNotShownWithIt()
    {
        await using var server = await StartAsync("v1/hello", "NeverConfirm");
        server.Rest.RefusesToCreate = (422, $"not with {Key}");

        var result = await RunAsync(Row("message"), server, Options(server));

        result.Should().Be(
            new DriftResult(DriftOutcome.Failed, """POST /api/conversations: 422 {"detail":"not with ***"}"""));
    }

    [Fact]
    public async Task Command_OfSeveralServers_PrintsAColumnForEach()
    {
        await using var good = await StartAsync("v1/hello", "NeverConfirm", "1.58.2");
        await using var other = await StartAsync("v1/errors", "NeverConfirm", "1.59.0");
        await using var output = new StringWriter();
        var options = Options(good) with
        {
            Servers = [new Uri(good.BaseUrl), new Uri(other.BaseUrl)],
            Rows = ["message", "restart"],
        };

        var code = await DriftCommand.RunAsync(options, output, CancellationToken.None);

        code.Should().Be(1);
        output.ToString().ReplaceLineEndings("\n").Should().EndWith("""

            row      1.58.2                            1.59.0
            message  same                              different
            restart  skipped: needs --restart-command  skipped: needs --restart-command

            1.59.0 message: different: frame 3: expected 'agent action message', got 'agent action run'

            """).And.NotContain(Key);
    }

    [Fact]
    public async Task CommandLine_OfAServer_RunsTheRowThere()
    {
        await using var server = await StartAsync("v1/hello", "NeverConfirm");

        var code = await DriftCommand.RunAsync(
            [server.BaseUrl, "--key", Key, "--played", "--row", "message", "--model-url", "http://127.0.0.1:1/"]);

        code.Should().Be(0);
        server.Rest.Requests.Should().Contain("POST /api/conversations");
    }

    [Theory]
    [InlineData("server:8000")]
    [InlineData("http://")]
    [InlineData("http://127.0.0.1:1/", "--model-url", "nowhere")]
    [InlineData("http://127.0.0.1:1/", "--row", "none")]
    public async Task CommandLine_ThatMakesNoSense_IsRefused(params string[] args) =>
        (await DriftCommand.RunAsync(args)).Should().Be(2);

    [Fact]
    public async Task Conversation_AfterItsRow_IsDeleted()
    {
        await using var server = await StartAsync("v1/hello", "NeverConfirm");

        await RunAsync(Row("message"), server, Options(server));

        server.Rest.Requests.Last().Should().StartWith("DELETE /api/conversations/");
        server.Rest.LastCreation!["agent"]!["tools"]!.Select(static tool => (string?)tool["name"])
            .Should().Equal("terminal", "file_editor", "task_tracker");
    }

    [Fact]
    public async Task Model_SaysItsScript_TurnByTurnAndAgainWhenAskedAgain()
    {
        await using var model = await ScriptedModel.StartAsync("http://127.0.0.1:0");
        using var http = new HttpClient { BaseAddress = model.Address };
        model.Play("a", ModelScript.OfRecording("v1/task-events", "/elsewhere/here"));
        model.Play("refuses", ModelScript.Failing(401));

        var first = await AskAsync(http, "a", turns: 0);
        var again = await AskAsync(http, "a", turns: 0);
        var third = await AskAsync(http, "a", turns: 2);
        var beyond = await AskAsync(http, "a", turns: 99);
        var title = await AskAsync(http, "a", turns: 0, hasTools: false);
        var refused = await http.PostAsync("/refuses/v1/chat/completions", new StringContent("{}"));
        var unknown = await http.PostAsync("/nobody/v1/chat/completions", new StringContent("{}"));

        CallOf(first).Should().Be(("think", """{"thought": "I should look at the workspace before I change anything."}"""));
        CallOf(again).Should().Be(CallOf(first));
        CallOf(third).Name.Should().Be("file_editor");
        CallOf(third).Arguments.Should().Contain("/elsewhere/here/app.py").And.NotContain("/workspace/project");
        ((string?)beyond["choices"]![0]!["finish_reason"]).Should().Be("stop");
        title["choices"]![0]!["message"]!["tool_calls"].Should().BeNull();
        refused.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
        unknown.StatusCode.Should().Be(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Model_HeldTurn_WaitsForItsReleaseOnce()
    {
        await using var model = await ScriptedModel.StartAsync("http://127.0.0.1:0");
        using var http = new HttpClient { BaseAddress = model.Address };
        model.Play("a", ModelScript.OfRecording("v1/task-events", "/elsewhere/here"));
        model.Hold("a", 1);

        var held = AskAsync(http, "a", turns: 1);
        await model.AskedAsync("a", 1).WaitAsync(TestLimits.Step);
        var second = await AskAsync(http, "a", turns: 1).WaitAsync(TestLimits.Step);
        held.IsCompleted.Should().BeFalse();
        model.Release("a", 1);

        CallOf(await held.WaitAsync(TestLimits.Step)).Should().Be(CallOf(second));
    }

    [Fact]
    public async Task Model_AskedForAStream_StreamsItsAnswer()
    {
        await using var model = await ScriptedModel.StartAsync("http://127.0.0.1:0");
        using var http = new HttpClient { BaseAddress = model.Address };
        model.Play("a", ModelScript.OfRecording("v1/hello", "/elsewhere/here"));

        var answer = await http.PostAsync("/a/v1/chat/completions", new StringContent("""{"stream":true,"tools":[{}],"messages":[]}"""));

        var text = await answer.Content.ReadAsStringAsync();
        text.Should().StartWith("data: {").And.Contain("Hello! I am ready to help.").And.EndWith("data: [DONE]\n\n");
    }

    private static DriftRow Row(string name) => DriftRow.All.Single(row => row.Name == name);

    private static DriftOptions Options(StandInV1Server server) => new()
    {
        Servers = [new Uri(server.BaseUrl)],
        Key = Key,
        Limit = TestLimits.Step,
        Quiet = TimeSpan.FromMilliseconds(100),
        IsPlayed = true,
    };

    private static Task<StandInV1Server> StartAsync(string recording, string policy, string version = "1.57.0") =>
        StartAsync(V1Recording.Load(recording).Log, policy, version);

    private static Task<StandInV1Server> StartAsync(IEnumerable<JObject> log, string policy, string version = "1.57.0") =>
        new StandInV1Server(log, Guid.NewGuid().ToString()) { ConfirmationPolicy = policy, Key = Key, Version = version }.StartAsync();

    private static async Task<DriftResult> RunAsync(DriftRow row, StandInV1Server server, DriftOptions options, string? address = null)
    {
        await using var model = await ScriptedModel.StartAsync(options.ModelListen);
        return await new DriftRunner(options, model).RunAsync(row, new Uri(address ?? server.BaseUrl), CancellationToken.None);
    }

    private static async Task<JObject> AskAsync(HttpClient http, string name, int turns, bool hasTools = true)
    {
        var question = new JObject
        {
            ["model"] = "gpt-4o",
            ["messages"] = new JArray(Enumerable.Range(0, turns).Select(static _ => new JObject { ["role"] = "assistant" })),
            ["tools"] = hasTools ? new JArray(new JObject()) : null,
        };
        using var body = new StringContent(question.ToString(), Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync($"/{name}/v1/chat/completions", body);
        return JObject.Parse(await answer.Content.ReadAsStringAsync());
    }

    private static (string? Name, string? Arguments) CallOf(JObject answer)
    {
        var call = answer["choices"]![0]!["message"]!["tool_calls"]![0]!["function"]!;
        return ((string?)call["name"], (string?)call["arguments"]);
    }
}
