using Gateway.Tests.Support;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1;

/// <summary>The agent on a real socket: whatever the server and the network do, the V0 log is that of the V1 log.</summary>
public sealed class V1AgentTests
{
    private const string Id = "9beb4ee242904df397a2f840ccb976b4";

    public static TheoryData<string, bool> Recordings
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (var name in V1Recording.Names)
            {
                data.Add(name, true);
                data.Add(name, false);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task RunAsync_LogGrowsInDisorderWithGarbage_AppendsTheExpectedEvents(string name, bool hasSessionSocket)
    {
        var expected = Expected(name, live: true);
        await using var server = await Server(name, hasSessionSocket, garbage: true).StartAsync();
        await using var agent = await new V1AgentHarness(server, new MemoryConversation(Id)).StartAsync();

        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));
        server.Show(5);
        server.Show();

        await agent.Conversation.UntilAsync(c => c.Events.Count >= expected.Count);
        FirstDifference(Comparable(agent.Conversation), expected).Should().BeNull();
    }

    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task RunAsync_CutAtRandomFrames_AppendsTheSameEvents(string name, bool hasSessionSocket)
    {
        var expected = Expected(name, live: true);
        var random = new Random(20261121);
        await using var server = Server(name, hasSessionSocket, garbage: false);
        server.CutAfter = number => number < 40 ? random.Next(0, 8) : null;
        await server.StartAsync();
        await using var agent = await new V1AgentHarness(server, new MemoryConversation(Id)).StartAsync();

        await agent.Conversation.UntilAsync(static c => c.Words.Contains("=awaiting_user_input"));
        V1Recording.Load(name).Log.ToList().ForEach(_ => server.Show(1));

        await agent.Conversation.UntilAsync(c => c.Events.Count >= expected.Count);
        FirstDifference(Comparable(agent.Conversation), expected).Should().BeNull();
    }

    [Theory]
    [MemberData(nameof(Recordings))]
    public async Task OpenAsync_LongHistoryElsewhere_AppendsItOnce(string name, bool hasSessionSocket)
    {
        var expected = Expected(name, live: false);
        await using var server = await Server(name, hasSessionSocket, garbage: false).StartAsync();
        server.Show();

        await using var agent = await new V1AgentHarness(server, new MemoryConversation(Id)).StartAsync();

        await agent.Conversation.UntilAsync(c => c.Events.Count >= expected.Count);
        FirstDifference(Comparable(agent.Conversation), expected).Should().BeNull();
    }

    private static StandInV1Server Server(string name, bool hasSessionSocket, bool garbage) => new(V1Recording.Load(name).Log, Id)
    {
        HasSessionSocket = hasSessionSocket,
        SendsGarbage = garbage,
        Disorders = true,
        Version = hasSessionSocket ? "1.57.0" : "1.1.0",
        ConfirmationPolicy = name.EndsWith("confirm", StringComparison.Ordinal) ? "AlwaysConfirm" : "NeverConfirm",
    };

    /// <summary>The translated log, after what a new conversation begins with.</summary>
    private static List<string> Expected(string name, bool live)
    {
        var log = new TranslatedLog("AlwaysConfirm").Add([.. V1Recording.Load(name).Log]).Release();
        string[] begin = live ? ["=loading", "=awaiting_user_input"] : ["=loading"];
        return [.. begin, .. log.Events.Select(e => Line(e, begin.Length))];
    }

    private static List<string> Comparable(MemoryConversation conversation) =>
        [.. conversation.Events
            .Select(static (e, id) => id < 2 && (string?)e["observation"] == "agent_state_changed" ? State(e) : Line(e, 0))];

    /// <summary>The first line that differs: whole logs are too long to be read in a failure.</summary>
    private static string? FirstDifference(List<string> actual, List<string> expected)
    {
        var same = actual.Zip(expected).TakeWhile(static pair => pair.First == pair.Second).Count();
        return same == Math.Max(actual.Count, expected.Count)
            ? null
            : $"{same} of {expected.Count}: {actual.ElementAtOrDefault(same)} instead of {expected.ElementAtOrDefault(same)}";
    }

    private static string State(JObject e) => $"={e["extras"]!["agent_state"]}";

    private static string Line(JObject e, int shift)
    {
        var line = (JObject)e.DeepClone();
        line.Remove("message");
        if ((string?)line["action"] == "system")
        {
            // Too long to be read in a failure.
            line["args"] = line["args"]!.ToString(Formatting.None).Length;
        }

        line["id"] = (int)line["id"]! + shift;
        if (line["cause"] is { } cause)
        {
            line["cause"] = (int)cause + shift;
        }

        if (line["args"] is JObject args && args["forgotten_event_ids"] is JArray forgotten)
        {
            args["forgotten_event_ids"] = new JArray(forgotten.Select(id => (int)id + shift));
        }

        return new JObject(line.Properties().OrderBy(static p => p.Name, StringComparer.Ordinal)).ToString(Formatting.None);
    }
}
