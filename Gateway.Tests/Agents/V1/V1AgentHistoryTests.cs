using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1;

/// <summary>Long histories and large events: complete, in order, once, and never much of them at a time.</summary>
public sealed partial class V1AgentHistoryTests
{
    private const string Id = "9beb4ee242904df397a2f840ccb976b4";
    private const int MiB = 1_024 * 1_024;

    /// <summary>24 MiB; 200 MiB where long tests are asked for.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OpenAsync_HistoryOfLargeEvents_ComesWholeInPagesOfAFewMiB(bool hasSessionSocket)
    {
        var count = LongTests.Scale(24, 200);
        await using var server = await Server(Log(count, MiB), hasSessionSocket).StartAsync();
        server.Show();

        await using var agent = await new V1AgentHarness(server, new MemoryConversation(Id)).StartAsync();

        await agent.Conversation.UntilAsync(c => c.Head >= count);
        ShouldHaveInOrder(agent.Conversation, count, MiB);
        var pages = server.Rest.Requests
            .Select(static request => LimitPattern().Match(request))
            .Where(static match => match.Success)
            .Select(static match => int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture))
            .ToList();
        pages.Count(static limit => limit > 8).Should().BeLessThanOrEqualTo(2, "each reader knows the events' length after one page");
    }

    /// <summary>Up to the server's own limit by socket; what is larger than any frame by REST. What follows is not held up.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(9)]
    public async Task RunAsync_LargeEventComesLive_IsShownWholeAndSoIsWhatFollows(int megabytes)
    {
        var log = Log(3, megabytes * MiB);
        log.Add((JObject)Log(4, 10)[3].DeepClone());
        await using var server = await Server(log, hasSessionSocket: true).StartAsync();
        await using var agent = await new V1AgentHarness(server, new MemoryConversation(Id)).StartAsync();
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));

        server.Show();

        await agent.Conversation.UntilAsync(static c => c.Head >= 5);
        ShouldHaveInOrder(agent.Conversation, 3, megabytes * MiB, shift: 2);
        Text(agent.Conversation, 5).Should().Contain("number 3 ");
    }

    /// <summary>16 MiB wait when the connection comes back: more than the server keeps for one that is slow.</summary>
    [Fact]
    public async Task RunAsync_BacklogAfterACut_ComesWholeAndInOrder()
    {
        const int Events = 16;
        await using var server = await Server(Log(Events, MiB), hasSessionSocket: true).StartAsync();
        await using var agent = await new V1AgentHarness(server, new MemoryConversation(Id)).StartAsync();
        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));

        server.CutAll();
        server.Show();

        await agent.Conversation.UntilAsync(static c => c.Head >= Events + 1);
        ShouldHaveInOrder(agent.Conversation, Events, MiB, shift: 2);
    }

    /// <summary>A client waits a limited time for its answer: what is taken until then is history, the rest comes live behind it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OpenAsync_HistoryLongerThanTheOpening_EndsInTimeAndTheRestFollowsOnceInOrder(bool hasSessionSocket)
    {
        const int Events = 1_000;
        var clock = new FakeTimeProvider();
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var pages = 0;
        await using var server = await Server(Log(Events, 100), hasSessionSocket).StartAsync();
        server.Rest.Instead = async context =>
        {
            if (context.Request.Path.Value!.EndsWith("/events/search", StringComparison.Ordinal) && Interlocked.Increment(ref pages) == 3)
            {
                held.TrySetResult();
                await release.Task.WaitAsync(context.RequestAborted);
            }

            return false;
        };
        server.Show();
        var conversation = new MemoryConversation(Id);
        await using var agent = new V1AgentHarness(server, conversation, clock: clock);

        var opening = agent.Agent.OpenAsync(conversation, CancellationToken.None).AsTask();
        await held.Task.WaitAsync(TestLimits.Step);
        clock.Advance(TimeSpan.FromSeconds(4));
        (await opening.WaitAsync(TestLimits.Step)).Refusal.Should().BeNull();
        conversation.Head.Should().BeInRange(20, Events - 1, "two pages were read in time");

        release.SetResult();
        await agent.Agent.StartAsync(conversation, CancellationToken.None);
        await conversation.UntilAsync(static c => c.Head >= Events);
        ShouldHaveInOrder(conversation, Events, 100);
    }

    /// <summary>What is known is not asked for again, however long the log is.</summary>
    [Fact]
    public async Task OpenAsync_LongKnownHistory_ReadsItsEndAlone()
    {
        const int Events = 5_000;
        await using var server = await Server(Log(Events, 10), hasSessionSocket: true).StartAsync();
        server.Show();
        var conversation = new MemoryConversation(Id);
        await using (await new V1AgentHarness(server, conversation).StartAsync())
        {
            await conversation.UntilAsync(static c => c.Head >= Events);
        }

        var before = server.Rest.Requests.Count;
        await using var again = await new V1AgentHarness(server, conversation).StartAsync();

        server.Rest.Requests.Skip(before).Count(static request => LimitPattern().IsMatch(request)).Should().BeLessThanOrEqualTo(3);
        ShouldHaveInOrder(conversation, Events, 10);
    }

    private static StandInV1Server Server(List<JObject> log, bool hasSessionSocket) => new(log, Id)
    {
        HasSessionSocket = hasSessionSocket,
        Version = hasSessionSocket ? "1.57.0" : "1.1.0",
    };

    private static List<JObject> Log(int count, int length)
    {
        // One text for all of them: only their copies on the way are to cost anything.
        var text = new string('x', length);
        return [.. Enumerable.Range(0, count).Select(number => new JObject
        {
            ["id"] = $"{number:x8}-0000-4000-8000-000000000000",
            ["timestamp"] = $"2026-11-21T{10 + (number / 3_600):00}:{number / 60 % 60:00}:{number % 60:00}.000000",
            ["source"] = "user",
            ["kind"] = "MessageEvent",
            ["llm_message"] = new JObject
            {
                ["role"] = "user",
                ["content"] = new JArray(
                    new JObject { ["type"] = "text", ["text"] = $"number {number} " },
                    new JObject { ["type"] = "text", ["text"] = text }),
            },
        })];
    }

    private static void ShouldHaveInOrder(MemoryConversation conversation, int count, int length, int shift = 1)
    {
        for (var number = 0; number < count; number++)
        {
            var text = Text(conversation, number + shift);
            text.Should().Contain($"number {number} ");
            text.Length.Should().BeGreaterThan(length);
        }
    }

    private static string Text(MemoryConversation conversation, int id) => Encoding.UTF8.GetString(conversation.Stored(id).Json.Span);

    [GeneratedRegex(@"events/search\?limit=(\d+)")]
    private static partial Regex LimitPattern();
}
