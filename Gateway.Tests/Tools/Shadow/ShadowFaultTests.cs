using Gateway.Cli;
using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;
using Gateway.Tools.Shadow;
using Gateway.Tools.Shadow.Compare;
using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Play;

using Microsoft.AspNetCore.Http;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Tools.Shadow;

/// <summary>Faults of the candidate are found, grouped and kept as fixtures, and V0's clients see nothing of them.</summary>
public sealed class ShadowFaultTests
{
    private const int Clients = 3;
    private const int Others = 47;
    private const int Faulty = 9;

    public static TheoryData<string> Kinds =>
        ["node, websocket only", "node, polling only", "python async, library defaults", "C#, websocket only"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Read_ASoundCandidate_IsEqual(string kind)
    {
        await using var stage = await ShadowStage.StartAsync();

        await VisitAsync(stage, kind);
        await stage.ComparedAsync(Clients);

        stage.Differences.Select(static group => group.Sample).Should().BeEmpty();
        stage.Shadow.Counters.Compared.Should().Be(Clients);
        stage.Shadow.Counters.Dropped.Should().Be(0);
        stage.Shadow.Notes.Partial.Should().BeEmpty();
    }

    [Theory]
    [InlineData("dropped", "missing-event")]
    [InlineData("swapped", "order")]
    [InlineData("changed", "changed-field")]
    public async Task Read_AFaultInAReplay_IsFoundGroupedAndKept(string fault, string rule)
    {
        await using var stage = await ShadowStage.StartAsync(timeout: TimeSpan.FromSeconds(5));
        stage.Faults.Packets = FaultOf(fault);

        await Task.WhenAll(
            VisitAsync(stage, "node, websocket only"),
            VisitAsync(stage, "the Vue client's bytes", Others));
        await stage.ComparedAsync(Clients + Others);

        var group = stage.Differences.Should().ContainSingle().Which;
        group.Key.Rule.Should().Be(rule);
        group.Key.Route.Should().Be("socket.io by WebSocket");
        group.Count.Should().Be(Clients + Others);
        group.Sample.Should().Contain($"event {Faulty}");
        await stage.BytesShouldBeV0sAsync();
        await VerifyShowsAsync(stage, group, rule);
    }

    [Fact]
    public async Task Read_ARestFieldChanged_IsFoundAndKept()
    {
        await using var stage = await ShadowStage.StartAsync();
        stage.Faults.Bodies = static body => body.Replace("\"title\":\"", "\"title\":\"Another ", StringComparison.Ordinal);

        await CallAsync(stage, $"/api/conversations/{stage.Conversation}", "/api/conversations?limit=20", "/api/options/config");
        await stage.ComparedAsync(3);

        Enum.GetValues<DropReason>().Where(reason => stage.Shadow.Counters.DroppedFor(reason) > 0).Should().BeEmpty();
        stage.Differences.Select(static group => (group.Key.Rule, group.Key.Route, group.Key.First)).Should().BeEquivalentTo(
        [
            ("rest", "GET /api/conversations/{id}", "/title"),
            ("rest", "GET /api/conversations", "/results/*/title"),
        ]);
        await stage.BytesShouldBeV0sAsync();
        foreach (var group in stage.Differences)
        {
            await VerifyShowsAsync(stage, group, "rest", withRest: true);
        }
    }

    [Fact]
    public async Task Read_ACandidateThatHasJustStarted_IsNotSaidToBeSlowForItsFirstAnswer()
    {
        await using var stage = await ShadowStage.StartAsync(change: static settings => settings with
        {
            Candidate = settings.Candidate with { Slow = TimeSpan.Zero, IsCold = true },
        });
        using var rest = new RestClient(stage.Address);
        stage.Faults.Before = static (_, ct) => Task.Delay(TimeSpan.FromSeconds(1), ct);

        await rest.GetAsync("/api/options/config");
        await stage.ComparedAsync(1);
        stage.Differences.Should().BeEmpty();

        await rest.GetAsync("/api/options/config");
        await stage.ComparedAsync(2);
        stage.Differences.Should().ContainSingle().Which.Key.Rule.Should().Be("slow-answer");
    }

    [Fact]
    public async Task Read_ASlowAnswer_IsFound()
    {
        await using var stage = await ShadowStage.StartAsync(change: static settings => settings with
        {
            Candidate = settings.Candidate with { Slow = TimeSpan.FromMilliseconds(200) },
        });
        stage.Faults.Before = static (_, ct) => Task.Delay(TimeSpan.FromSeconds(2), ct);

        await VisitAsync(stage, "node, websocket only");
        await stage.ComparedAsync(Clients);

        stage.Differences.Should().ContainSingle().Which.Key.Rule.Should().Be("slow-answer");
        await stage.BytesShouldBeV0sAsync();
    }

    [Theory]
    [InlineData("hang", "candidate-hang")]
    [InlineData("crash", "candidate-unreachable")]
    [InlineData("crash in the middle", "candidate-broke-off")]
    public async Task Read_ACandidateThatFails_IsFoundAndHurtsNobody(string fault, string rule)
    {
        await using var stage = await ShadowStage.StartAsync(timeout: TimeSpan.FromSeconds(fault == "hang" ? 1 : 20));
        stage.Faults.Before = (context, ct) => fault switch
        {
            "hang" => Task.Delay(Timeout.InfiniteTimeSpan, ct),
            "crash" => Abort(context),
            _ => Task.CompletedTask,
        };
        if (fault == "crash in the middle")
        {
            stage.Faults.Packets = static packet => IsEvent(packet, Faulty) ? throw new IOException("It crashes.") : [packet];
        }

        await VisitAsync(stage, "node, websocket only");
        await stage.ComparedAsync(Clients);

        stage.Differences.Should().ContainSingle().Which.Key.Rule.Should().Be(rule);
        stage.Shadow.Counters.Failed.Should().Be(Clients);
        await stage.BytesShouldBeV0sAsync();
    }

    [Fact]
    public async Task Read_ACandidateThatFailsTooOften_TurnsTheComparingOffAndNobodyNotices()
    {
        await using var stage = await ShadowStage.StartAsync();
        stage.Faults.Before = static (context, _) => Abort(context);
        for (var n = 0; n < 30; n++)
        {
            await CallAsync(stage, "/api/options/config");
        }

        await Eventually.IsTrueAsync(() => !stage.Shadow.Switch.IsOn, "comparing is turned off");
        await VisitAsync(stage, "node, websocket only");

        stage.Lines.Should().ContainSingle().Which.Should().Contain("comparing was turned off");
        stage.Shadow.Counters.Compared.Should().BeInRange(20, 30);
        await stage.BytesShouldBeV0sAsync();

        stage.Faults.Before = static (_, _) => Task.CompletedTask;
        stage.Shadow.Switch.TurnOn();
        var before = stage.Shadow.Counters.Compared;
        await VisitAsync(stage, "node, websocket only");
        await Eventually.IsTrueAsync(() => stage.Shadow.Counters.Compared >= before + Clients, "it compares again");
    }

    [Theory]
    [InlineData(9_999, true)]
    [InlineData(0, false)]
    public async Task Read_TheConversationGoesOnMeanwhile_IsNoDifference(int id, bool isIntended)
    {
        await using var stage = await ShadowStage.StartAsync();
        stage.Faults.Bodies = body => body.Replace(
            "],\"has_more\":false", $$""",{"id":{{id}},"source":"agent","message":"more"}],"has_more":true""", StringComparison.Ordinal);

        await CallAsync(stage, $"/api/conversations/{stage.Conversation}/events?limit=100");
        await stage.ComparedAsync(1);

        stage.Shadow.Groups.All.Should().Contain(static group => group.Key.IsIntended && group.Key.Rule == "shadow-went-on");
        stage.Differences.Select(static group => group.Sample).Should().HaveCount(isIntended ? 0 : 1);
    }

    [Fact]
    public async Task Read_SecretsOfClients_ReachNeitherFixtureNorReport()
    {
        const string secret = "a-key-that-nobody-may-see";
        await using var stage = await ShadowStage.StartAsync(timeout: TimeSpan.FromSeconds(5));
        stage.Faults.Packets = FaultOf("changed");
        await using (var client = new HandWrittenClient([]))
        {
            await client.ConnectAsync(new Visit(stage.Address, stage.Conversation, Key: secret));
            await client.ReadAsync("connect");
            await client.LeaveAsync();
        }

        await stage.ComparedAsync(1);

        stage.Differences.Should().ContainSingle().Which.Fixture.Should().NotBeNull();
        ShadowReport.Of(stage.Shadow).ToString().Should().NotContain(secret);
        Directory.EnumerateFiles(stage.FixtureFolder, "*", SearchOption.AllDirectories).Select(File.ReadAllText)
            .Should().NotBeEmpty().And.AllSatisfy(static text => text.Should().NotContain(secret));
    }

    [Fact]
    public async Task Read_HalfOfTheSample_IsStickyForAConversation()
    {
        var sample = new ShadowSample(50);
        var ids = Enumerable.Range(0, 2_000).Select(static n => $"conversation-{n}").ToList();

        ids.Count(sample.Has).Should().BeInRange(900, 1_100);
        ids.Where(sample.Has).Should().Equal(ids.Where(new ShadowSample(50).Has));
        ids.Where(new ShadowSample(10).Has).Should().BeSubsetOf(ids.Where(sample.Has));
        await using var stage = await ShadowStage.StartAsync(change: static settings => settings with { SamplePercent = 0 });
        await VisitAsync(stage, "node, websocket only");
        await Eventually.IsTrueAsync(() => stage.Shadow.Counters.NotSampled == Clients, "all are left out");
        stage.Shadow.Counters.Compared.Should().Be(0);
    }

    /// <summary>What a group keeps is played by <c>verify</c>: the faulty candidate shows the same, a sound gateway is equal.</summary>
    private static async Task VerifyShowsAsync(ShadowStage stage, DifferenceGroup group, string rule, bool withRest = false)
    {
        var folder = group.Fixture ?? throw new InvalidOperationException("No fixture was kept.");
        var faulty = await Verification.RunAsync(folder, new UrlTarget(stage.Faults.Address), withRest: withRest);
        var sound = await Verification.RunAsync(folder, new InProcessTargets(), withRest: withRest);

        faulty.Problem.Should().BeNull();
        faulty.Differences.Select(static difference => Finding.OfDifference(difference).Rule).Should().Contain(rule);
        sound.Problem.Should().BeNull();
        sound.Differences.Where(static difference => difference.Pointer is not "/title").Should().BeEmpty();
    }

    private static async Task VisitAsync(ShadowStage stage, string kind, int count = Clients)
    {
        for (var n = 0; n < count; n++)
        {
            await using var client = await ClientKind.Named(kind).StartAsync(null!);
            await client.ConnectAsync(new Visit(stage.Address, stage.Conversation));
            await client.ReadAsync("connect");
            await client.LeaveAsync();
        }
    }

    private static async Task CallAsync(ShadowStage stage, params string[] paths)
    {
        using var http = new HttpClient { BaseAddress = stage.Address };
        foreach (var path in paths)
        {
            using var response = await http.GetAsync(new Uri(path, UriKind.Relative)).WaitAsync(TestLimits.Step);
            await response.Content.ReadAsStringAsync();
        }
    }

    private static Task Abort(HttpContext context)
    {
        context.Abort();
        return Task.FromException(new OperationCanceledException());
    }

    private static Func<string, IEnumerable<string>> FaultOf(string fault)
    {
        var last = "";
        return fault switch
        {
            "dropped" => static packet => IsEvent(packet, Faulty) ? [] : [packet],
            "changed" => static packet => [IsEvent(packet, Faulty) ? Changed(packet) : packet],
            _ => Swapped,
        };

        IEnumerable<string> Swapped(string packet)
        {
            if (IsEvent(packet, Faulty))
            {
                last = packet;
                return [];
            }

            return IsEvent(packet, Faulty + 1) ? [packet, last] : [packet];
        }
    }

    private static bool IsEvent(string packet, int id) =>
        packet.StartsWith("42[\"oh_event\",", StringComparison.Ordinal) && WireJson.Parse(packet[2..])[1]?["id"]?.ToString() == $"{id}";

    private static string Changed(string packet)
    {
        var array = (JArray)WireJson.Parse(packet[2..]);
        array[1]["message"] = "Something else";
        return "42" + array.ToString(Formatting.None);
    }
}
