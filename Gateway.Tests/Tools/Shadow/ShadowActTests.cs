using System.Net;

using Gateway.Cli;
using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;
using Gateway.Tools.Shadow;
using Gateway.Tools.Shadow.Compare;
using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Play;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Tools.Shadow;

/// <summary>Mode <c>act</c>: what clients do is done again beside a gateway whose agent does what V0's was seen to do.</summary>
public sealed class ShadowActTests
{
    [Theory]
    [InlineData("node, websocket only")]
    [InlineData("node, library defaults")]
    [InlineData("python async, websocket only")]
    [InlineData("C#, websocket only")]
    public async Task Act_ATurnOfTheAgent_IsEqual(string kind)
    {
        await using var stage = await StartAsync(new InProcessTargets());

        await TurnAsync(stage, kind);
        await stage.ComparedAsync(1);

        stage.Differences.Select(static group => group.Sample).Should().BeEmpty();
        stage.Shadow.Counters.Compared.Should().Be(1);
        stage.Shadow.Counters.Kept.Should().Be(0);
        await stage.BytesShouldBeV0sAsync();
    }

    [Fact]
    public async Task Act_ALiveEventChanged_IsFoundAndKeptAsAFixtureThatShowsIt()
    {
        var faulty = new FaultyTargets(static packet => [Changed(packet)]);
        await using var stage = await StartAsync(faulty);

        await TurnAsync(stage, "node, websocket only");
        await stage.ComparedAsync(1);

        var group = stage.Differences.Should().ContainSingle().Which;
        group.Key.Rule.Should().Be("changed-field");
        group.Key.First.Should().Be("run /args/command");
        var folder = group.Fixture ?? throw new InvalidOperationException("No fixture was kept.");
        (await Verification.RunAsync(folder, faulty)).Differences.Should().ContainSingle();
        (await Verification.InProcessAsync(folder)).ShouldBeEqual();
    }

    [Fact]
    public async Task Act_ASessionThatGoesOn_IsComparedByPiecesAndNothingIsKept()
    {
        await using var stage = await StartAsync(new InProcessTargets(), TimeSpan.FromMilliseconds(100));
        await using var client = new HandWrittenClient([]);
        await client.ConnectAsync(new Visit(stage.Address, stage.Conversation));
        await client.ReadAsync("connect");

        for (var turn = 0; turn < 3; turn++)
        {
            var before = stage.Shadow.Counters.Compared;
            await client.EmitAsync(Actions.Message($"Turn {turn}"));
            await client.ReadTurnAsync();
            await Eventually.IsTrueAsync(() => stage.Shadow.Counters.Compared > before, "a piece is compared");
        }

        await client.LeaveAsync();
        await Eventually.IsTrueAsync(() => stage.Shadow.Pending == 0 && stage.Shadow.Counters.Kept == 0, "all is compared and freed");
        stage.Differences.Select(static group => group.Sample).Should().BeEmpty();
    }

    /// <summary>What its first client finds has come of the POST already: nobody can say what was there before.</summary>
    [Fact]
    public async Task Act_AConversationThatIsMadeWithAMessage_IsCountedAsNotComparedAndNotAsDifferent()
    {
        await using var stage = await StartAsync(new InProcessTargets());
        await File.WriteAllTextAsync(
            stage.Store.PathOf("settings.json"), """{"llm_model":"openai/gpt-4o","llm_api_key":"not-a-real-key"}""");
        using var rest = new RestClient(stage.Address);
        var made = await rest.PostAsync("/api/conversations", """{"initial_user_msg":"Begin"}""");

        await using var client = new HandWrittenClient([]);
        await client.ConnectAsync(new Visit(stage.Address, (string)JObject.Parse(made.Body)["conversation_id"]!));
        await client.ReadAsync("connect");
        await client.LeaveAsync();
        await stage.ComparedAsync(1);

        stage.Differences.Select(static group => group.Sample).Should().BeEmpty();
        stage.Shadow.Counters.DroppedFor(DropReason.NotRepeatable).Should().Be(1);
        stage.Shadow.Counters.Kept.Should().Be(0);
    }

    /// <summary>What its log was before is in no store any more.</summary>
    [Fact]
    public async Task Act_AConversationThatIsDeletedAfterIt_IsCountedAsNotComparedAndNotAsDifferent()
    {
        await using var stage = await StartAsync(new InProcessTargets());
        var conversation = stage.Conversation;
        using var rest = new RestClient(stage.Address);

        await TurnAsync(stage, "C#, websocket only");
        (await rest.SendAsync("DELETE", $"/api/conversations/{conversation}", null)).Status.Should().Be(HttpStatusCode.OK);
        await stage.ComparedAsync(1);

        stage.Differences.Select(static group => group.Sample).Should().BeEmpty();
        stage.Shadow.Counters.DroppedFor(DropReason.NotRepeatable).Should().Be(1);
    }

    [Fact]
    public async Task Act_V0GoesAwayInTheMiddle_IsSaidAndNotChargedToTheCandidate()
    {
        await using var stage = await StartAsync(new InProcessTargets());
        await using var client = new HandWrittenClient([]);
        await client.ConnectAsync(new Visit(stage.Address, stage.Conversation));
        await client.ReadAsync("connect");

        stage.Behind.Cut();
        await client.ReadAsync("disconnect");
        await stage.ComparedAsync(1);

        stage.Shadow.Counters.Compared.Should().Be(1);
        stage.Differences.Select(static group => group.Sample).Should().BeEmpty();
        stage.Shadow.Notes.Partial.Should().Contain(static line => line.StartsWith("V0 broke connections off"));
    }

    [Fact]
    public async Task Act_EndedBeforeAllIsCompared_IsPartial()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var stage = await StartAsync(new NeverStarted(begun), stopLimit: TimeSpan.Zero);

        await TurnAsync(stage, "C#, websocket only");
        await begun.Task.WaitAsync(TestLimits.Step);
        await stage.Shadow.StopAsync();

        stage.Shadow.Counters.Compared.Should().Be(0);
        stage.Shadow.Counters.DroppedFor(DropReason.Stopped).Should().Be(1);
        stage.Shadow.Notes.Partial.Should().Contain(static line => line.Contains("ended before"));
    }

    [Fact]
    public async Task Switch_OffAndOnAgain_LeavesTheReportPartial()
    {
        await using var stage = await StartAsync(new InProcessTargets());

        stage.Shadow.Switch.TurnOff("an operator turned it off");
        stage.Shadow.Switch.TurnOn();

        stage.Shadow.Notes.Partial.Should().ContainSingle().Which.Should().Contain("an operator turned it off");
    }

    private static Task<ShadowStage> StartAsync(IVerifyTargetFactory targets, TimeSpan? window = null, TimeSpan? stopLimit = null) =>
        ShadowStage.StartAsync(agent: "echo", timeout: TimeSpan.FromSeconds(5), change: settings => settings with
        {
            ActTargets = targets,
            Window = window ?? TimeSpan.FromMinutes(5),
            StopLimit = stopLimit ?? settings.StopLimit,
        });

    private static async Task TurnAsync(ShadowStage stage, string kind)
    {
        await using var client = await ClientKind.Named(kind).StartAsync(null!);
        await client.ConnectAsync(new Visit(stage.Address, stage.Conversation));
        await client.ReadAsync("connect");
        await client.EmitAsync(Actions.Message("Say it back"));
        await client.ReadTurnAsync();
        await client.LeaveAsync();
    }

    private static string Changed(string packet)
    {
        if (!packet.StartsWith("42[\"oh_event\",", StringComparison.Ordinal)
            || WireJson.Parse(packet[2..]) is not JArray array
            || array[1].Value<string>("action") != "run"
            || array[1]["args"]?.Value<string>("command")?.StartsWith("echo ", StringComparison.Ordinal) != true)
        {
            return packet;
        }

        array[1]["args"]!["command"] = "rm -rf /";
        return "42" + array.ToString(Formatting.None);
    }

    /// <summary>Says when it is asked for a server, and gives none.</summary>
    private sealed class NeverStarted(TaskCompletionSource begun) : IVerifyTargetFactory
    {
        public async Task<IVerifyTarget> StartAsync(Fixture fixture, TargetSettings settings, CancellationToken cancellationToken)
        {
            begun.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            throw new InvalidOperationException("Nobody waits for ever.");
        }
    }
}
