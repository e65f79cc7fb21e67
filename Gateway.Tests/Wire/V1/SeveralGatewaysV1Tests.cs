using Gateway.Tests.Support;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.V1;

/// <summary>A V1 conversation whose bridge is at one gateway, and at another when that one dies.</summary>
public sealed class SeveralGatewaysV1Tests
{
    [Fact]
    public async Task Kill_OfTheGatewayWithTheBridge_LeavesTheLogAsItIsWithout()
    {
        var log = V1Recording.Load("v1/task-events").Log;
        await using var server = await new StandInV1Server(log, V1Stage.Id) { Version = "1.57.0" }.StartAsync();
        await using var stage = await NodesStage.CreateAsync();
        var settings = new Dictionary<string, string>
        {
            ["Agent"] = "v1",
            ["V1__BaseUrl"] = server.BaseUrl,
            ["V1__ReconnectDelay"] = "00:00:00.050",
            ["V1__DetachAfter"] = "00:00:00",
        };
        var owner = await stage.StartProcessAsync(settings);
        await using var first = await NodeClient.ConnectAsync(owner.Address, conversation: V1Stage.Id);
        var clients = new List<NodeClient>();
        for (var shown = 8; shown < log.Count + 8; shown += 8)
        {
            var next = await stage.StartProcessAsync(settings);
            var client = await NodeClient.ConnectAsync(next.Address, conversation: V1Stage.Id);
            clients.Add(client);
            var seen = client.Events.Count;
            server.Show(8);
            await client.UntilEventAsync(_ => client.Events.Count > seen);

            // The client's gateway takes over.
            await owner.KillAsync();
            owner = next;
        }

        await clients[^1].UntilEventAsync(static e => (string?)e["extras"]?["agent_state"] == "finished");
        await owner.DisposeAsync();

        var translated = new TranslatedLog().Add([.. log]).Release();
        (await stage.LogAsync(V1Stage.Id)).Where(IsOfV1).Select(Line).Should().Equal(translated.Events.Where(IsOfV1).Select(Line));
        (await stage.EpochAsync(V1Stage.Id)).Should().BeGreaterThan(1);
        foreach (var client in clients)
        {
            client.Events.Select(static e => (int?)e["id"]).Should().BeInAscendingOrder().And.OnlyHaveUniqueItems();
            await client.DisposeAsync();
        }
    }

    /// <summary>States are the gateway's own too: they tell of its starts.</summary>
    private static bool IsOfV1(JObject e) => (string?)e["observation"] != "agent_state_changed";

    private static string Line(JObject e) =>
        $"{e["action"]}{e["observation"]} {(e["args"] ?? e["extras"])!.ToString(Formatting.None).Length} {e["content"]?.ToString().Length}";
}
