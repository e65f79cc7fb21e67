using System.Diagnostics;
using System.Net;

using Gateway.Tests.Operations.Health;
using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Npgsql;

namespace Gateway.Tests.Wire;

/// <summary>
/// The database of two gateways stops, hangs, or lets nobody in, and comes back: clients stay, their actions are answered by an error and
/// not shown, new ones are refused in time, readiness says so, and afterwards everything goes on by itself.
/// </summary>
public sealed class DatabaseOutageTests
{
    // A lease outlives every outage here, and every pause of a busy machine: an agent that loses its own in the middle of a turn ends it.
    private static readonly string[] s_settings =
    [
        "Storage:Postgres:LeaseTime=00:05:00", "Storage:Postgres:CallTimeout=00:00:02", "Operations:NotReadyAfter=00:00:01",
    ];

    private static readonly string[] s_complaints =
    [
        "The database did not do", "hears of other gateways' events is lost", "may be another gateway's now",
        "could not be brought up to date", "the store failed", "the agent did not open",
        "could not be written in time", "the agent did not end", "that it was stopped could not be stored",
    ];

    [Fact]
    public async Task Stop_OfTheDatabase_IsToldToWhoActsAndComesAndEndsByItself()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var stage = await NodesStage.CreateAsync(server);
        await using var a = await StartAsync(stage);
        await using var b = await StartAsync(stage);

        await using var first = await NodeClient.ConnectAsync(a.Address);
        await using var second = await NodeClient.ConnectAsync(b.Address);
        (await first.SayAsync("before")).Should().Be("[]");
        await second.UntilAnsweredAsync(1);

        await server.StopAsync();
        (await first.SayAsync("lost at a")).Should().Contain("error");
        (await second.SayAsync("lost at b")).Should().Contain("error");
        (await RefusalAsync(a.Address)).Should().Contain("Failed to access conversation events");
        using var rest = new RestClient(a.Address);
        await HealthEndpointsTests.UntilAsync(rest, HttpStatusCode.ServiceUnavailable, "the store cannot be reached");
        await server.ResumeAsync();
        await HealthEndpointsTests.UntilAsync(rest, HttpStatusCode.OK);

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
        a.Log.Count("The database did not do").Should().Be(1);
        await a.Log.WaitForAsync("The database does what it is asked again");
        b.Log.Count("The database did not do").Should().Be(1);
    }

    [Theory]
    [InlineData("ALTER ROLE tenant NOLOGIN", "ALTER ROLE tenant LOGIN", "access to the store was denied")]
    [InlineData("ALTER ROLE tenant CONNECTION LIMIT 0", "ALTER ROLE tenant CONNECTION LIMIT -1", "too many wait for the store already")]
    [InlineData("ALTER ROLE tenant SET default_transaction_read_only = on", "ALTER ROLE tenant RESET default_transaction_read_only",
        "the store may not be written")]
    [InlineData("stall", "", "the store did not answer in time")]
    public async Task Outage_OfAnyKind_IsToldAndEndsByItself(string begin, string end, string problem)
    {
        await using var server = await PostgresServer.StartAsync();
        await using var stage = await NodesStage.CreateAsync(server);
        await using var link = BreakingLink.Start(server.Port);
        await stage.Database.ExecuteAsync(
            """
            CREATE ROLE tenant LOGIN; GRANT USAGE ON SCHEMA gateway TO tenant; GRANT ALL ON ALL TABLES IN SCHEMA gateway TO tenant
            """);
        var way = new NpgsqlConnectionStringBuilder(stage.Database.ConnectionString) { Username = "tenant", Port = link.Port };
        await using var gateway = await StartAsync(
            stage, $"Storage:Postgres:ConnectionString={way.ConnectionString}", "Engine:PingInterval=00:00:01");
        using var rest = new RestClient(gateway.Address);
        await using var client = await NodeClient.ConnectAsync(gateway.Address);
        (await client.SayAsync("before")).Should().Be("[]");
        await client.UntilAnsweredAsync(1);

        if (end.Length > 0)
        {
            await stage.Database.ExecuteAsync(begin);
            await stage.Database.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'tenant'");
        }
        else
        {
            link.Stall();
        }

        (await client.SayAsync("meanwhile")).Should().Contain("error");
        var asked = Stopwatch.StartNew();
        (await RefusalAsync(gateway.Address)).Should().Contain("Failed to");
        asked.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(10));
        await HealthEndpointsTests.UntilAsync(rest, HttpStatusCode.ServiceUnavailable, problem);
        (await rest.PostAsync($"/api/conversations/{NodesStage.Conversation}/stop")).Body.Should().Contain("could not be read or written");
        await client.UntilGoneAsync();
        if (end.Length > 0)
        {
            await stage.Database.ExecuteAsync(end);

            // What a role has by default counts for new connections.
            await stage.Database.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'tenant'");
        }
        else
        {
            link.GoOn();
        }

        await HealthEndpointsTests.UntilAsync(rest, HttpStatusCode.OK);
        await using var again = await ConnectAgainAsync(gateway.Address);
        while (await again.SayAsync("after") != "[]")
        {
            // It is told to send it again.
        }

        await again.UntilAnsweredAsync(2);
        var log = await stage.LogAsync();
        log.Select(static e => WireClientReading.IdOf(e)).Should().Equal(Enumerable.Range(0, log.Count).Select(static id => (int?)id));
        gateway.Log.Count("The database did not do").Should().BeLessThan(3);
        gateway.Log.Lines.Should().NotContain(line => line.Contains("tenant") || line.Contains($"{link.Port}"));
    }

    private static Task<GatewayHost> StartAsync(NodesStage stage, params string[] settings) => StartExpectingAsync(
        stage.StartAsync([.. s_settings, .. settings]));

    private static async Task<GatewayHost> StartExpectingAsync(Task<GatewayHost> starting)
    {
        var gateway = await starting;
        foreach (var complaint in s_complaints)
        {
            gateway.Expect(complaint);
        }

        return gateway;
    }

    private static async Task<NodeClient> ConnectAgainAsync(Uri address)
    {
        while (true)
        {
            await using var probe = new HandWrittenClient([]);
            await probe.ConnectAsync(new Visit(address, NodesStage.Conversation));
            var first = await probe.Seen.ReadAsync().AsTask().WaitAsync(TestLimits.Step);
            if (first.On is not ("refused" or "disconnect"))
            {
                return await NodeClient.ConnectAsync(address);
            }
        }
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
