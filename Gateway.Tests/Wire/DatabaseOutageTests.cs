using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

namespace Gateway.Tests.Wire;

/// <summary>The database of two gateways stops and comes back.</summary>
public sealed class DatabaseOutageTests
{
    [Fact]
    public async Task Stop_OfTheDatabase_IsToldToWhoActsAndComesAndEndsByItself()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var stage = await NodesStage.CreateAsync(server);
        string[] settings = ["Storage:Postgres:LeaseTime=00:00:03", "Storage:Postgres:CallTimeout=00:00:02"];
        await using var a = await stage.StartAsync(settings);
        await using var b = await stage.StartAsync(settings);
        foreach (var gateway in new[] { a, b })
        {
            gateway.Expect("The database did not do");
            gateway.Expect("hears of other gateways' events is lost");
            gateway.Expect("may be another gateway's now");
            gateway.Expect("Append failed");
            gateway.Expect("could not be stored");
            gateway.Expect("could not be brought up to date");
            gateway.Expect("events cannot be read");
        }

        await using var first = await NodeClient.ConnectAsync(a.Address);
        await using var second = await NodeClient.ConnectAsync(b.Address);
        (await first.SayAsync("before")).Should().Be("[]");
        await second.UntilAnsweredAsync(1);

        await server.StopAsync();
        (await first.SayAsync("lost at a")).Should().Contain("error");
        (await second.SayAsync("lost at b")).Should().Contain("error");
        (await RefusalAsync(a.Address)).Should().Contain("Failed to access conversation events");
        await server.ResumeAsync();

        var turns = 1;
        foreach (var client in new[] { first, second })
        {
            while (await client.SayAsync("after") != "[]")
            {
                // It is told to send it again.
            }

            turns++;
            await first.UntilAnsweredAsync(turns);
            await second.UntilAnsweredAsync(turns);
        }

        var log = await stage.LogAsync();
        log.Select(static e => WireClientReading.IdOf(e)).Should().Equal(Enumerable.Range(0, log.Count).Select(static id => (int?)id));
        log.Where(static e => (string?)e["source"] == "user").Select(static e => (string?)e["args"]?["content"])
            .Should().Equal("before", "after", "after");
        NodeClient.IdsOf(first.Events).Should().Equal(NodeClient.IdsOf(log));
        NodeClient.IdsOf(second.Events).Should().Equal(NodeClient.IdsOf(log));
    }

    private static async Task<string> RefusalAsync(Uri address)
    {
        await using var client = new HandWrittenClient([]);
        await client.ConnectAsync(new Visit(address, "another", -1));
        while (true)
        {
            var seen = await client.Seen.ReadAsync().AsTask().WaitAsync(TestLimits.Step);
            if (seen.On is "refused" or "disconnect")
            {
                return seen.Value.ToString();
            }
        }
    }
}
