using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.V1;

/// <summary>The program as it is deployed: its settings from the environment, and its death at any moment.</summary>
public sealed class V1ProcessTests
{
    [Theory]
    [InlineData(null, null, null, "V1: set one of BaseUrl (the agent-server) and AppServerUrl (the app server that knows it).")]
    [InlineData("http://a", "http://b", null, "V1: set one of BaseUrl (the agent-server) and AppServerUrl (the app server that knows it).")]
    [InlineData("a-host:8000", null, null, "V1:BaseUrl must be an http or https address without query.")]
    [InlineData("http://a", null, "missing.json", "V1:ConversationTemplate: the file cannot be read (FileNotFoundException).")]
    public async Task Start_BadSettings_EndsWithALineForEach(string? baseUrl, string? appServer, string? template, string line)
    {
        await using var gateway = GatewayProcess.Start(new()
        {
            ["Agent"] = "v1",
            ["V1__BaseUrl"] = baseUrl ?? "",
            ["V1__AppServerUrl"] = appServer ?? "",
            ["V1__ConversationTemplate"] = template ?? "",
            ["V1__SessionApiKey"] = "a-secret-key",
        });

        (await gateway.ExitAsync()).Should().Be(2);
        gateway.Errors.Trim().Should().Be($"gateway: {line}");
    }

    [Fact]
    public async Task Terminate_OpenConversation_ClosesItsUpstreamSocketWithAFrame()
    {
        await using var server = await new StandInV1Server(V1Recording.Load("v1/hello").Log, V1Stage.Id).StartAsync();
        using var store = TempStore.Empty();
        await using var gateway = await StartAsync(server, store);
        await using var client = await WatchingClient.ConnectAsync(new Visit(gateway.Address, V1Stage.Id));
        await client.UntilStateAsync("awaiting_user_input");
        await server.FirstJoined.WaitAsync(TestLimits.Step);

        await gateway.TerminateAsync();
        (await gateway.ExitAsync()).Should().Be(0);
        await server.LastLeft.WaitAsync(TestLimits.Step);

        server.ClientCloses.Should().Equal(1000);
    }

    /// <summary>Killed whenever the next event has reached the client: what was being written then is of any kind.</summary>
    [Theory]
    [InlineData("v1/task-events")]
    [InlineData("v1-1.1/task-events")]
    public async Task Kill_AtManyMoments_ChangesNoIdAndAppendsNothingTwice(string name)
    {
        var log = V1Recording.Load(name).Log;
        await using var server = await new StandInV1Server(log, V1Stage.Id)
        {
            HasSessionSocket = name.StartsWith("v1/", StringComparison.Ordinal),
            Version = name.StartsWith("v1/", StringComparison.Ordinal) ? "1.57.0" : "1.1.0",
        }.StartAsync();
        using var store = TempStore.Empty();
        var seen = new Dictionary<int, string>();
        for (var shown = 8; shown < log.Count + 8; shown += 8)
        {
            await using var gateway = await StartAsync(server, store);
            await using var client = await WatchingClient.ConnectAsync(new Visit(gateway.Address, V1Stage.Id));
            server.Show(8);
            await client.UntilAsync(e => (int?)e["id"] > seen.Count);
            await gateway.KillAsync();
            foreach (var e in client.Events)
            {
                Remember(seen, e);
            }
        }

        await using var last = await StartAsync(server, store);
        await using var reader = await WatchingClient.ConnectAsync(new Visit(last.Address, V1Stage.Id));
        await reader.UntilAsync(static e => (string?)e["action"] == "finish");
        await reader.UntilStateAsync("finished");

        reader.Events.ForEach(e => Remember(seen, e));
        var translated = new TranslatedLog().Add([.. log]).Release();
        Actions(store).Should().Equal(translated.Events.Where(IsOfV1).Select(Line));
    }

    /// <summary>An id that was seen once is always that event.</summary>
    private static void Remember(Dictionary<int, string> seen, JObject e)
    {
        var id = (int)e["id"]!;
        seen.TryAdd(id, Line(e));
        Line(e).Should().Be(seen[id]);
    }

    private static IEnumerable<string> Actions(TempStore store) => store.Events(V1Stage.Id).Values.Where(IsOfV1).Select(Line);

    /// <summary>States are the gateway's own too: they tell of its starts.</summary>
    private static bool IsOfV1(JObject e) => (string?)e["observation"] != "agent_state_changed";

    private static string Line(JObject e) =>
        $"{e["action"]}{e["observation"]} {(e["args"] ?? e["extras"])!.ToString(Formatting.None).Length} {e["content"]?.ToString().Length}";

    private static Task<GatewayProcess> StartAsync(StandInV1Server server, TempStore store) => GatewayProcess.StartListeningAsync(new()
    {
        ["Agent"] = "v1",
        ["V1__BaseUrl"] = server.BaseUrl,
        ["V1__ReconnectDelay"] = "00:00:00.050",
        ["V1__DetachAfter"] = "00:00:00",
        ["FILE_STORE_PATH"] = store.Root,
    });
}
