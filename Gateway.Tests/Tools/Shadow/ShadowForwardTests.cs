using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;
using Gateway.Tools.Shadow;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Tools.Shadow;

/// <summary>What clients get through a shadow is what V0 sends, byte by byte, whatever the candidate does.</summary>
public sealed partial class ShadowForwardTests(Chromium chromium) : IClassFixture<Chromium>
{
    private const int Connections = 50;

    [Theory]
    [InlineData("sound")]
    [InlineData("hangs")]
    [InlineData("gone")]
    public async Task Forward_FiftyClientsOfTheMatrix_GetTheBytesOfV0(string candidate)
    {
        using var hanging = new TcpListener(IPAddress.Loopback, 0);
        hanging.Start();
        var address = candidate switch
        {
            "hangs" => new Uri($"http://{hanging.LocalEndpoint}"),
            "gone" => new Uri("http://127.0.0.1:1"),
            _ => null,
        };
        await using var stage = await ShadowStage.StartAsync(
            timeout: TimeSpan.FromSeconds(2), candidate: address);
        var expected = ReplayRules.Apply(stage.Store.Events(stage.Conversation)).Select(static one => one.Id).ToList();
        var kinds = Enumerable.Range(0, Connections)
            .Select(static n => n < ClientKind.All.Count ? ClientKind.All[n] : ClientKind.All[^(1 + (n % 2))])
            .ToList();

        var clients = new List<IWireClient>();
        foreach (var kind in kinds)
        {
            clients.Add(await kind.StartAsync(chromium));
        }

        var seen = await Task.WhenAll(clients.Zip(kinds, async (client, kind) =>
        {
            await client.ConnectAsync(new Visit(stage.Address, stage.Conversation));
            var ids = await client.ReadEventsAsync(expected.Count, kind.Transport);
            return kind.KeepsOrder ? ids : [.. ids.Order()];
        }));
        await clients[0].EmitAsync(Actions.Message("Say it to all"));
        foreach (var client in clients)
        {
            while ((await client.ReadOneAsync("event")).Value<string>("message") != "Say it to all")
            {
                // Of the replay, for those whose library shows its events late.
            }

            await client.LeaveAsync();
        }

        await stage.BytesShouldBeV0sAsync();
        stage.Before.Connections.Should().HaveCountGreaterThanOrEqualTo(Connections);
        seen.Should().AllSatisfy(ids => ids.Order().Should().Equal(expected.Order()));
        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task Forward_TheSameSessionDirectly_HasTheSameFrames()
    {
        using var store = Recording.Named("replay-full").CopyStore();
        await using var direct = await GatewayHost.StartAsync(store, "Agent=none");
        await using var stage = await ShadowStage.StartAsync();

        var without = await FramesAsync(direct.Address, stage.Conversation);
        var with = await FramesAsync(stage.Address, stage.Conversation);

        with.Should().Equal(without);
        with.Should().HaveCountGreaterThan(10);
    }

    [Fact]
    public async Task Forward_V0Killed_IsSeenByTheClientAsItIsAndLeavesThePartialReport()
    {
        await using var stage = await ShadowStage.StartAsync();
        await using var client = new HandWrittenClient([]);
        await client.ConnectAsync(new Visit(stage.Address, stage.Conversation));
        await client.ReadAsync("connect");

        stage.Behind.Cut();
        await client.ReadAsync("disconnect");

        await Eventually.IsTrueAsync(() => stage.Shadow.Notes.Partial.Count > 0, "it is noted");
        stage.Lines.Should().ContainSingle().Which.Should().Contain("V0 broke connections off");
        ShadowReport.Of(stage.Shadow).Value<bool>("partial").Should().BeTrue();
    }

    [Fact]
    public async Task Stop_WithClientsThatStay_IsNotV0sDoing()
    {
        await using var stage = await ShadowStage.StartAsync();
        await using var client = new HandWrittenClient([]);
        await client.ConnectAsync(new Visit(stage.Address, stage.Conversation));
        await client.ReadAsync("connect");
        await stage.ComparedAsync(1);

        await stage.Shadow.StopAsync().WaitAsync(TestLimits.Step);

        await client.ReadAsync("disconnect");
        stage.Lines.Should().BeEmpty();
        stage.Shadow.Counters.Kept.Should().Be(0);
    }

    [Fact]
    public async Task Forward_V0NotThere_ResetsTheClient()
    {
        await using var stage = await ShadowStage.StartAsync(change: static settings =>
            settings with { Server = new Uri("http://127.0.0.1:1") });
        using var http = new HttpClient();

        var address = new Uri($"http://{stage.Shadow.Address}/api/conversations");
        var asking = async () => await http.GetAsync(address).WaitAsync(TestLimits.Step);

        await asking.Should().ThrowAsync<HttpRequestException>();
        await Eventually.IsTrueAsync(() => stage.Lines.Count > 0, "it is said");
        stage.Lines.Should().ContainSingle().Which.Should().Contain("V0 cannot be reached");
    }

    /// <summary>All that a client is sent, but for the names that are born with a connection and the times.</summary>
    private static async Task<IReadOnlyList<string>> FramesAsync(Uri address, string conversation)
    {
        await using var link = new WitnessLink(address.Port);
        await using var client = new HandWrittenClient([]);
        await client.ConnectAsync(new Visit(link.Address, conversation));
        await client.ReadAsync("connect");
        await client.EmitAsync(Actions.Message("Is anybody there?"), wantsAck: true);
        await client.ReadAsync("ack", "event");
        await client.LeaveAsync();
        return
        [
            .. ServerFrames(link.Connections.Single().Down)
                .Select(static frame => Born().Replace(frame, "$1"))
                .Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>First byte, length and payload of each frame, as Latin-1 text; no frame of these is masked.</summary>
    private static IEnumerable<string> ServerFrames(string down)
    {
        for (var at = down.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4; at + 2 <= down.Length;)
        {
            var (size, length) = (int)down[at + 1] switch
            {
                126 => (4, (down[at + 2] << 8) | down[at + 3]),
                127 => throw new InvalidOperationException("Larger than anything here."),
                var one => (2, one),
            };
            yield return $"{(int)down[at]:x2} {down.Substring(at + size, length)}";
            at += size + length;
        }
    }

    [GeneratedRegex("""("sid":"|"timestamp":\s*")[^"]*""")]
    private static partial Regex Born();
}
