using System.Text;

using Gateway.Tests.Support;

namespace Gateway.Tests.Wire;

/// <summary>
/// Actions that would become far more memory than they are bytes: refused before anything is built, and nobody else waits.
/// </summary>
[Collection(MeasuredAlone.Name)]
public sealed class ActionFloodTests
{
    private const int Attackers = 20;
    private const int ActionBytes = 4 * 1_024 * 1_024 - 256;

    // The test's own clients are in this process too.
    private const long MaxBytesForAByte = 8;

    private const string Refusal = "{\"error\": true, \"message\": \"The action must not hold more than 2000 values.\"}";

    [Fact]
    public async Task Actions_OfMillionsOfValues_AreRefusedAndCostLittleWhileOthersAct()
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store);
        using var other = await JoinAsync(host, "other");
        var attackers = new List<RawEngineClient>();
        try
        {
            for (var i = 0; i < Attackers; i++)
            {
                attackers.Add(await JoinAsync(host, $"attacked-{i % 4}"));
            }

            var packet = new StringBuilder("421[\"oh_user_action\",{\"action\":\"message\",\"args\":{\"content\":[");
            packet.Insert(packet.Length, "{},", (ActionBytes - packet.Length) / 3).Append("0]}}]");
            var frame = RawEngineClient.FormatFrame(0x81, Encoding.UTF8.GetBytes(packet.ToString()));
            var before = GC.GetTotalAllocatedBytes(precise: true);

            var sending = attackers.ConvertAll(attacker => attacker.WriteAsync(frame));
            await other.SendTextAsync("421[\"oh_user_action\",{\"action\":\"message\",\"args\":{\"content\":\"still here\"}}]");
            await other.ReadThroughAsync("431[]");
            await Task.WhenAll(sending);
            foreach (var attacker in attackers)
            {
                var seen = await attacker.ReadThroughAsync("431[");
                seen.Should().HaveCount(2).And.AllSatisfy(static text => text.Should().Contain(Refusal));
            }

            var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
            allocated.Should().BeLessThan(MaxBytesForAByte * Attackers * frame.Length);
        }
        finally
        {
            attackers.ForEach(static attacker => attacker.Dispose());
        }
    }

    private static async Task<RawEngineClient> JoinAsync(GatewayHost host, string conversation)
    {
        var client = await RawEngineClient
            .OpenAsync(host.Address.Port, "/socket.io/", $"&conversation_id={conversation}&latest_event_id=-1");
        await client.SendTextAsync("40");
        await client.ReadThroughAsync("40{");
        return client;
    }
}
