using System.Diagnostics;

using Gateway.Cluster;
using Gateway.EngineIO.Sessions;
using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Tests.Wire;

/// <summary>Polling sessions whose requests come to another gateway than theirs.</summary>
public sealed class PassedOnTests : IAsyncLifetime
{
    private const string Path = "/socket.io/";
    private const string PassedOn = "X-Gateway-Passed-On";
    private const string Query = $"&conversation_id={NodesStage.Conversation}";

    private NodesStage _stage = null!; // Set before each test.

    public async Task InitializeAsync() => _stage = await NodesStage.CreateAsync();

    public async Task DisposeAsync() => await _stage.DisposeAsync();

    [Fact]
    public async Task Polling_AtAnyGateway_IsThatOfOneSession()
    {
        await using var a = await _stage.StartPassingOnAsync();
        await using var b = await _stage.StartPassingOnAsync();
        await using var c = await _stage.StartPassingOnAsync();
        var sid = await RawEngineClient.OpenPollingAsync(a.Address.Port, Path, Query);

        sid.Should().HaveLength(ClusterKeys.SidLength);
        (await RawEngineClient.PostAsync(b.Address.Port, sid, "40", Path)).Text.Should().Be("ok");
        var seen = "";
        for (var n = 0; !seen.Contains("40{", StringComparison.Ordinal); n++)
        {
            seen += (await RawEngineClient.PollAsync((n % 2 == 0 ? c : b).Address.Port, sid, Path)).Text;
        }

        (await RawEngineClient.PostAsync(c.Address.Port, sid, $"421[\"oh_user_action\",{Actions.Message("hello")}]", Path)).Status
            .Should().Be(200);
        while (!seen.Contains("431[]", StringComparison.Ordinal))
        {
            seen += (await RawEngineClient.PollAsync(b.Address.Port, sid, Path)).Text;
        }

        // As large as a client may send, through another gateway; and a byte more is refused where the session is.
        const int max = 4 * 1_024 * 1_024;
        var large = await RawEngineClient.OpenPollingAsync(a.Address.Port, Path, Query);
        (await RawEngineClient.PostAsync(b.Address.Port, large, $"6{new string('x', max - 1)}", Path)).Status.Should().Be(200);
        (await RawEngineClient.PostAsync(c.Address.Port, large, $"6{new string('x', max)}", Path)).Status.Should().Be(413);
        foreach (var host in new[] { a, b, c })
        {
            host.Log.Lines.Should().NotContain(line => line.Contains(sid) || line.Contains(NodesStage.ClusterSecret));
        }
    }

    [Fact]
    public async Task Upgrade_AtAnotherGateway_TakesTheSessionOverAndKeepsItsHeaders()
    {
        await using var a = await _stage.StartPassingOnAsync();
        await using var b = await _stage.StartPassingOnAsync();
        var sid = await RawEngineClient.OpenPollingAsync(a.Address.Port, Path, Query);
        using var client = await RawEngineClient.ConnectAsync(b.Address.Port);

        var answer = await client.UpgradeAsync($"{Path}?EIO=4&transport=websocket&sid={sid}", "Origin: http://page.example");
        await client.SendTextAsync("2probe");
        (await client.ReadTextAsync()).Should().Be("3probe");
        await client.SendTextAsync("5");
        await client.SendTextAsync("40");
        await client.ReadThroughAsync("40{");
        await client.SendTextAsync($"427[\"oh_user_action\",{Actions.Message("hello")}]");
        await client.ReadThroughAsync("437[]");

        answer.Status.Should().Be(101);
        answer.Header("access-control-allow-origin").Should().Be("http://page.example", "it is said once");
        (await RawEngineClient.PollAsync(b.Address.Port, sid, Path)).Status.Should().Be(400, "the session polls no more");
        await client.SendFrameAsync(RawEngineClient.Close, Array.Empty<byte>());
        await client.ReadCloseAsync();
        await Eventually.IsTrueAsync(
            () => a.Services.GetRequiredService<SessionRegistry>().Count == 0, "the session has ended with its client");
    }

    [Fact]
    public async Task Sid_ThatNoGatewayHasMade_IsUnknownAndAskedOfNobody()
    {
        await using var a = await _stage.StartPassingOnAsync();
        await using var b = await _stage.StartPassingOnAsync();
        var sid = await RawEngineClient.OpenPollingAsync(a.Address.Port, Path, Query);
        var keys = b.Services.GetRequiredService<ClusterKeys>();
        string[] forged =
        [
            $"{(sid[0] == 'A' ? 'B' : 'A')}{sid[1..]}", $"{sid[..^1]}{(sid[^1] == 'A' ? 'B' : 'A')}", sid[..^1], $"{sid}A",
            SessionId.Create(), new string('A', ClusterKeys.SidLength),
        ];

        foreach (var wrong in forged)
        {
            await IsUnknownAsync(b, wrong);
            await IsUnknownAsync(b, wrong, $"{PassedOn}: {keys.ProofOf(sid)}");
        }

        // Of a gateway that nobody has heard of, and of one of ours that has no such session.
        await IsUnknownAsync(b, keys.CreateSid("0123456789abcdef"));
        await IsUnknownAsync(b, keys.CreateSid(a.Services.GetRequiredService<ClusterNodes>().Own));
        (await RawEngineClient.PostAsync(b.Address.Port, sid, "40", Path)).Status.Should().Be(200, "the session has come to no harm");
    }

    [Fact]
    public async Task PassedOn_WithoutProofOrAlready_IsPassedOnToNobody()
    {
        await using var a = await _stage.StartPassingOnAsync();
        await using var b = await _stage.StartPassingOnAsync();
        var sid = await RawEngineClient.OpenPollingAsync(a.Address.Port, Path, Query);
        var proof = b.Services.GetRequiredService<ClusterKeys>().ProofOf(sid);

        await IsUnknownAsync(a, sid, $"{PassedOn}: 1");
        await IsUnknownAsync(b, sid, $"{PassedOn}: 1");
        await IsUnknownAsync(b, sid, $"{PassedOn}: {proof}");
        (await PostAsync(a, sid, $"{PassedOn}: {proof}")).Status.Should().Be(200);
    }

    [Fact]
    public async Task Secret_OfAnother_OpensNothing()
    {
        await using var a = await _stage.StartPassingOnAsync();
        await using var b = await _stage.StartPassingOnAsync($"Cluster:Secret={NodesStage.ClusterSecret}-another");
        a.Expect("another Cluster:Secret");
        b.Expect("another Cluster:Secret");
        await using var c = await _stage.StartAsync();
        var sid = await RawEngineClient.OpenPollingAsync(a.Address.Port, Path, Query);
        var plain = await RawEngineClient.OpenPollingAsync(c.Address.Port, Path, Query);

        plain.Should().HaveLength(SessionId.Length, "nothing is set there");
        await IsUnknownAsync(b, sid);
        await IsUnknownAsync(c, sid);
        await IsUnknownAsync(a, plain);
        (await RawEngineClient.PostAsync(a.Address.Port, sid, "40", Path)).Status.Should().Be(200);
        await b.Log.WaitForAsync($"{a.Address.Port} (its Cluster:Address) has another Cluster:Secret");
    }

    [Fact]
    public async Task Gateway_ThatIsGone_LeavesItsSessionsUnknownAtOnce()
    {
        await using var b = await _stage.StartPassingOnAsync();
        b.Expect("cannot be reached");
        await using var a = await _stage.StartPassingOnProcessAsync(new Uri($"http://127.0.0.1:{NginxProxy.FreePort()}"));
        var sid = await RawEngineClient.OpenPollingAsync(a.Address.Port, Path, Query);
        (await RawEngineClient.PostAsync(b.Address.Port, sid, "40", Path)).Status.Should().Be(200);
        while (!(await RawEngineClient.PollAsync(b.Address.Port, sid, Path)).Text.Contains("40{", StringComparison.Ordinal))
        {
            // What is replayed before.
        }

        var polling = RawEngineClient.PollAsync(b.Address.Port, sid, Path);
        await a.KillAsync();

        var clock = Stopwatch.StartNew();
        await UnlessItBroughtSomethingAsync(polling);
        await IsUnknownAsync(b, sid);
        clock.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(5), "a poll waits for half a minute otherwise");
        b.Log.Count("cannot be reached").Should().Be(1);

        // The last events may have come with the poll that was under way.
        async Task UnlessItBroughtSomethingAsync(Task<RawHttpResponse> poll)
        {
            if ((await poll).Status == 200)
            {
                await IsUnknownAsync(b, sid);
            }
        }
    }

    [Fact]
    public async Task Stop_OfAGatewayThatPassesOn_SendsPollsElsewhereAndKeepsTheSession()
    {
        await using var a = await _stage.StartPassingOnAsync("Engine:PingInterval=00:00:01");
        await using var b = await _stage.StartPassingOnAsync("Engine:StopSpread=00:00:30");
        await using var c = await _stage.StartPassingOnAsync();
        var sid = await RawEngineClient.OpenPollingAsync(a.Address.Port, Path, Query);
        using var elsewhere = await RawEngineClient.OpenAsync(b.Address.Port, Path, Query);

        var stopping = b.StopAsync();
        await Eventually.IsTrueAsync(() => !b.Services.GetRequiredService<SessionRegistry>().IsAdmitting, "it stops");
        var poll = await RawEngineClient.PollAsync(b.Address.Port, sid, Path);
        var handshake = await RawEngineClient.SendAsync(b.Address.Port, "GET", $"{Path}?EIO=4&transport=polling");
        var post = await RawEngineClient.PostAsync(b.Address.Port, sid, "40", Path);
        var pollElsewhere = await RawEngineClient.PollAsync(c.Address.Port, sid, Path);
        await elsewhere.SendFrameAsync(RawEngineClient.Close, Array.Empty<byte>());
        await stopping;

        poll.Status.Should().Be(503);
        handshake.Status.Should().Be(503);
        post.Status.Should().Be(200, "nobody would send it again");
        pollElsewhere.Status.Should().Be(200);
    }

    private static async Task IsUnknownAsync(GatewayHost host, string sid, params string[] headers)
    {
        var clock = Stopwatch.StartNew();
        foreach (var answer in new[] { await PostAsync(host, sid, headers), await UpgradeAsync(host, sid, headers) })
        {
            answer.Status.Should().Be(400);
            answer.Text.Should().Be("""{"code":1,"message":"Session ID unknown"}""");
        }

        clock.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(5));
    }

    private static Task<RawHttpResponse> PostAsync(GatewayHost host, string sid, params string[] headers) => RawEngineClient.SendAsync(
        host.Address.Port, "POST", $"{Path}?EIO=4&transport=polling&sid={sid}", "3", ["Content-Type: text/plain", .. headers]);

    private static async Task<RawHttpResponse> UpgradeAsync(GatewayHost host, string sid, params string[] headers)
    {
        using var client = await RawEngineClient.ConnectAsync(host.Address.Port);
        return await client.UpgradeAsync($"{Path}?EIO=4&transport=websocket&sid={sid}", headers);
    }
}
