using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire;

/// <summary>
/// A client whose replay was cut off anywhere, and that comes back with the last id it saw, knows the newest agent state once it is let in,
/// and has been given every event once, in order.
/// </summary>
public sealed class ReplayCutTests
{
    private const string Conversation = "cut";
    private const int Events = 120;

    [Theory]
    [InlineData(3)]
    [InlineData(60)]
    [InlineData(118)]
    [InlineData(119)]
    public async Task Reconnect_ReplayWasCutAnywhere_TheNewestStateIsKnownAndNothingComesTwice(int newestState)
    {
        using var store = TempStore.Empty();
        await StoreAsync(store, state: id => id == 1 || id == newestState);
        await using var host = await GatewayHost.StartAsync(store);
        var whole = await ReplayAsync(host, -1);

        whole.Should().Equal(Enumerable.Range(0, Events).Where(static id => id != 1));
        foreach (var cut in new[] { 1, 2, 3, 4, 59, 60, 61, Events - 3, Events - 2 })
        {
            var before = whole.Take(cut).ToList();
            var after = await ReplayAsync(host, before[^1]);

            before.Concat(after).Should().Equal(whole, "the client was cut after {0} events", cut);
        }
    }

    private static async Task<IReadOnlyList<int>> ReplayAsync(GatewayHost host, int latestEventId)
    {
        await using var client = new HandWrittenClient([]);
        await client.ConnectAsync(new Visit(host.Address, Conversation, latestEventId));
        return await client.ReadEventsAsync(0);
    }

    private static async Task StoreAsync(TempStore store, Func<int, bool> state)
    {
        var folder = Directory.CreateDirectory(store.PathOf("sessions", Conversation, "events")).FullName;
        for (var id = 0; id < Events; id++)
        {
            var json = state(id)
                ? new JObject
                {
                    ["id"] = id,
                    ["source"] = "environment",
                    ["observation"] = "agent_state_changed",
                    ["content"] = "",
                    ["extras"] = new JObject { ["agent_state"] = "running" }
                }
                : new JObject
                {
                    ["id"] = id,
                    ["source"] = "agent",
                    ["action"] = "message",
                    ["args"] = new JObject { ["content"] = $"m{id}" }
                };
            await File.WriteAllTextAsync(Path.Combine(folder, $"{id}.json"), json.ToString(Formatting.None));
        }
    }
}
