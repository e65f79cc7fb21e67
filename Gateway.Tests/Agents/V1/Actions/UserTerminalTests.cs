using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1.Actions;

/// <summary>Users' own commands, in a real shell behind a stand-in server.</summary>
public sealed class UserTerminalTests : V1ActionsTest
{
    private readonly DirectoryInfo _workspace = Directory.CreateTempSubdirectory("terminal-");
    private V1AgentHarness? _agent;

    [Fact]
    public async Task RunAsync_ResultThatCannotBeStored_IsToldAndTheNextCommandRuns()
    {
        var agent = await StartAsync();

        agent.Conversation.FailsFrom = agent.Conversation.Head + 2;
        await RunAsync("echo first");
        await agent.Conversation.UntilAsync(static c => c.TransientMessages.Any(static m => m["error"] is not null));
        agent.Conversation.FailsFrom = int.MaxValue;
        var second = await ObserveAsync("echo second");

        agent.Conversation.Words.Skip(2).Should().Equal("run", "run", "run!");
        second["cause"].Should().BeEquivalentTo(new JValue(3));
        Server.Calls.Should().HaveCount(2);
        await agent.UntilIdleAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RunAsync_Command_RunsInTheWorkspaceAndRemembersWhereItWent(bool hasConversationTerminal)
    {
        await StartAsync();
        Server.Agent!.HasConversationTerminal = hasConversationTerminal;
        _workspace.CreateSubdirectory("it's $HOME");

        Text(await ObserveAsync("pwd")).Should().Be($"{_workspace.FullName}\n");
        Text(await ObserveAsync("cd \"it's \\$HOME\" # there")).Should().BeEmpty();
        Text(await ObserveAsync("pwd; cd nowhere")).Should().StartWith($"{_workspace.FullName}/it's $HOME\n");
        Text(await ObserveAsync("cd ..; exit 7")).Should().BeEmpty();
        Text(await ObserveAsync("printf %s \"$PWD\"")).Should().Be(_workspace.FullName);
    }

    [Fact]
    public async Task RunAsync_DirectoryThatIsGone_SaysSoAndTheNextBeginsInTheWorkspace()
    {
        await StartAsync();
        await ObserveAsync("mkdir gone; cd gone; rmdir ../gone");

        var lost = await ObserveAsync("touch elsewhere");

        Text(lost).Should().Contain("gone: No such file or directory");
        ((int)lost["extras"]!["metadata"]!["exit_code"]!).Should().Be(1);
        Text(await ObserveAsync("pwd; ls")).Should().Be($"{_workspace.FullName}\n");
    }

    [Fact]
    public async Task RunAsync_MuchOutput_LosesItsMiddle()
    {
        await StartAsync();

        var text = Text(await ObserveAsync("head -c 20000 /dev/zero | tr '\\0' a; head -c 20000 /dev/zero | tr '\\0' b"));

        text.Should().Be($"{new string('a', 15_000)}\n[... Observation truncated due to length ...]\n{new string('b', 15_000)}");
    }

    /// <summary>Neither what is said nor how it ended is touched.</summary>
    [Theory]
    [InlineData("exit 3", 3, "")]
    [InlineData("printf 'no line end'", 0, "no line end")]
    [InlineData("echo 'one'; (exit 4)", 4, "one\n")]
    [InlineData("cat <<X\n'$((1 + 1))'\nX", 0, "'2'\n")]
    [InlineData("kill -KILL $$", 137, "")]
    [InlineData("exec echo gone", 0, "gone\n")]
    public async Task RunAsync_Command_KeepsItsOutputAndExitCode(string command, int exitCode, string output)
    {
        await StartAsync();

        var observation = await ObserveAsync(command);

        Text(observation).Should().Be(output);
        ((int)observation["extras"]!["metadata"]!["exit_code"]!).Should().Be(exitCode);
    }

    [Fact]
    public async Task Stop_CommandThatWouldNotEnd_EndsItAndAllThatItStarted()
    {
        var agent = await StartAsync();
        var file = Path.Combine(_workspace.FullName, "started");
        await RunAsync("trap '' TERM; (sleep 1000 & echo $! >started; wait); while true; do sleep 1; done");
        await Eventually.IsTrueAsync(() => File.Exists(file) && File.ReadAllText(file).EndsWith('\n'), "the command runs");
        await RunAsync("echo waits");

        await agent.ActAsync("change_agent_state", new JObject { ["agent_state"] = "stopped", ["thought"] = "" });
        await agent.Conversation.UntilAsync(static c => c.Events.Count(static e => (string?)e["source"] == "user"
            && e["observation"] is not null) == 2);

        var answers = agent.Conversation.Events.Where(static e => (string?)e["source"] == "user" && e["observation"] is not null).ToList();
        ((int)answers[0]["extras"]!["metadata"]!["exit_code"]!).Should().Be(137);
        ((string?)answers[1]["content"]).Should().Be("Stop button pressed. The action has not been executed.");
        CommandLineOf(File.ReadAllText(file).Trim()).Should().BeEmpty("it has ended");
        Text(await ObserveAsync("echo next")).Should().Be("next\n");
    }

    [Fact]
    public async Task Stop_ServerThatDoesNotEndIt_SaysSoAndTheNextCommandRuns()
    {
        var agent = await StartAsync();
        var reached = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        Server.Rest.Instead = async context =>
        {
            if (context.Request.Path.Value!.Contains("/bash/", StringComparison.Ordinal) && reached.TrySetResult())
            {
                await release.Task.WaitAsync(context.RequestAborted);
            }

            return false;
        };
        await RunAsync("echo slow");
        await reached.Task.WaitAsync(TestLimits.Step);

        await agent.ActAsync("change_agent_state", new JObject { ["agent_state"] = "stopped", ["thought"] = "" });
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("error!"));

        agent.Conversation.Events.Single(static e => (string?)e["observation"] == "error")["content"]!.ToString()
            .Should().Be("The command was stopped, but the agent server does not say that it has ended.");
        Text(await ObserveAsync("echo next")).Should().Be("next\n");
        release.SetResult();
    }

    [Fact]
    public async Task RunAsync_ConversationThatIsGone_RunsNowhere()
    {
        await StartAsync();
        Server.Rest.Forget(Server.ConversationId);

        Text(await ObserveAsync("touch never")).Should().Be("The agent server answered 404: Not Found");
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _workspace.Delete(recursive: true);
    }

    private async Task<V1AgentHarness> StartAsync()
    {
        Server.Rest.SetFolder(Server.ConversationId, _workspace.FullName);
        return _agent = await StartAsync(new StandInV1Agent(Server) { Workspace = _workspace.FullName }, configure: null);
    }

    private Task<string?> RunAsync(string command) => _agent!.ActAsync("run", new JObject { ["command"] = command });

    /// <summary>Runs a command, and gives its observation.</summary>
    private async Task<JObject> ObserveAsync(string command)
    {
        await RunAsync(command);
        var conversation = _agent!.Conversation;
        var id = (int)conversation.Events.Last(static e => (string?)e["action"] == "run")["id"]!;
        await conversation.UntilAsync(c => c.Events.Any(e => (int?)e["cause"] == id));
        return conversation.Events.Last(e => (int?)e["cause"] == id);
    }

    /// <summary>Empty for a process that has ended, also where nobody has asked how.</summary>
    private static string CommandLineOf(string process)
    {
        var file = $"/proc/{process}/cmdline";
        return File.Exists(file) ? File.ReadAllText(file) : "";
    }

    private static string Text(JObject observation) => (string?)observation["content"] ?? "";
}
