using System.Collections.Concurrent;

using Gateway.SocketIO;
using Gateway.Tests.Support;

namespace Gateway.Tests.Wire;

/// <summary>Known attacks at the level of Socket.IO, and refusals: the server is as healthy after as before.</summary>
public sealed class SocketAbuseTests
{
    [Theory]
    [InlineData("4")]
    [InlineData("4abc")]
    [InlineData("42{}")]
    [InlineData("42[]")]
    [InlineData("42[1]")]
    [InlineData("42[\"disconnect\"]")]
    [InlineData("42abc[\"a\"]")]
    [InlineData("450-[\"a\"]")]
    [InlineData("460-1[]")]
    [InlineData("4511-[\"a\"]")]
    [InlineData("451-[\"a\",{\"_placeholder\":true,\"num\":\"splice\"}]")]
    [InlineData("451-[\"a\",{\"_placeholder\":true,\"num\":1}]")]
    [InlineData("451-[\"a\"]", "42[\"b\"]")]
    public async Task Packet_Malformed_ClosesTheClientAndNobodyElse(params string[] packets)
    {
        await using var host = await SocketHost.StartAsync();
        var (bystander, _) = await host.ConnectAsync();
        var (client, _) = await host.ConnectAsync();
        using var _1 = bystander;
        using var _2 = client;

        foreach (var packet in packets)
        {
            await client.SendTextAsync(packet);
        }

        await client.ReadCloseAsync();
        (await host.Handler.NextAsync()).Should().Be("disconnected ProtocolError");
        await bystander.SendTextAsync("42[\"still\"]");
        (await host.Handler.NextAsync()).Should().Be("still[]");
        host.Registry.Count.Should().Be(1);
    }

    [Theory]
    [InlineData("451-[\"a\",{\"_placeholder\":true,\"num\":0}]")]
    [InlineData("461-0[]")]
    public async Task BinaryHeader_BeforeConnect_ClosesTheClient(string header)
    {
        await using var host = await SocketHost.StartAsync();
        using var client = await host.OpenAsync();

        await client.SendTextAsync(header);

        await client.ReadCloseAsync();
        host.Registry.Count.Should().Be(0);
    }

    [Fact]
    public async Task BinaryFrame_WithoutHeader_ClosesTheClient()
    {
        await using var host = await SocketHost.StartAsync();
        var (client, _) = await host.ConnectAsync();
        using var _1 = client;

        await client.SendFrameAsync(RawEngineClient.Binary, new byte[] { 1 });

        await client.ReadCloseAsync();
    }

    [Fact]
    public async Task Events_WithoutEverConnecting_CloseTheClientBeforeTheyFillMemory()
    {
        await using var host = await SocketHost.StartAsync(static options => options.MaxQueuedEvents = 16);
        using var client = await host.OpenAsync();

        for (var i = 0; i < 17; i++)
        {
            await client.SendTextAsync("42[\"a\"]");
        }

        await client.ReadCloseAsync();
        host.Registry.Count.Should().Be(0);
    }

    [Fact]
    public async Task Connection_WithoutConnect_ClosesAtTheTimeOut()
    {
        await using var host = await SocketHost.StartAsync(static options => options.ConnectTimeout = TimeSpan.FromMilliseconds(100));
        using var client = await host.OpenAsync();

        await client.ReadCloseAsync();

        host.Registry.Count.Should().Be(0);
    }

    [Fact]
    public async Task Refusal_IsSaidAndThenTheConnectionCloses()
    {
        await using var host = await SocketHost.StartAsync(static options => options.RefusalGrace = TimeSpan.FromMilliseconds(100));
        host.Handler.OnConnect = static (_, _, _) => new(ConnectDecision.Refused("Invalid conversation_id"));
        using var client = await host.OpenAsync();

        await client.SendTextAsync("40");

        (await client.ReadTextAsync()).Should().Be("44{\"message\":\"Invalid conversation_id\"}");
        await client.ReadCloseAsync();
        host.Registry.Count.Should().Be(0);
    }

    [Fact]
    public async Task Connect_TwiceAndElsewhere_IsAnsweredWithErrorObjects()
    {
        await using var host = await SocketHost.StartAsync();
        var (client, _) = await host.ConnectAsync();
        using var _1 = client;

        await client.SendTextAsync("40");
        await client.SendTextAsync("40/admin,");
        await client.SendTextAsync("4399[\"nobody asked\"]");
        await client.SendTextAsync("42[\"still\"]");

        (await client.ReadTextAsync()).Should().Be("44{\"message\":\"Unable to connect\"}");
        (await client.ReadTextAsync()).Should().Be("44/admin,{\"message\":\"Invalid namespace\"}");
        (await host.Handler.NextAsync()).Should().Be("still[]");
    }

    [Fact]
    public async Task Disconnect_ByServer_IsToldBeforeTheConnectionCloses()
    {
        await using var host = await SocketHost.StartAsync();
        var (client, socket) = await host.ConnectAsync();
        using var _1 = client;

        socket.Emit("last", "[]"u8);
        socket.Disconnect();

        (await client.ReadTextAsync()).Should().Be("42[\"last\"]");
        (await client.ReadTextAsync()).Should().Be("41");
        await client.ReadCloseAsync();
        (await host.Handler.NextAsync()).Should().Be("disconnected ServerDisconnect");
    }

    [Fact]
    public async Task Packets_MadeOfRandomBytes_EndNothingButTheirConnection()
    {
        await using var host = await SocketHost.StartAsync();
        var random = new Random(7);
        for (var round = 0; round < 50; round++)
        {
            using var client = await host.OpenAsync();
            await client.SendTextAsync("40");
            for (var i = 0; i < 5; i++)
            {
                var bytes = new byte[random.Next(1, 40)];
                random.NextBytes(bytes);
                bytes[0] = (byte)'4';
                var text = string.Concat(bytes.Select(static b => (char)(32 + (b % 95))));
                await RawEngineClient.IgnoringPeerAsync(() => client.SendTextAsync("4" + text));
                await RawEngineClient.IgnoringPeerAsync(() => client.SendFrameAsync(RawEngineClient.Binary, bytes));
            }
        }

        var (healthy, socket) = await ConnectAmidNotesAsync(host);
        using var _1 = healthy;
        socket.Emit("healthy", "[]"u8).Should().BeTrue();
        (await healthy.ReadTextAsync()).Should().Be("42[\"healthy\"]");
    }

    private static async Task<(RawEngineClient Client, SocketConnection Socket)> ConnectAmidNotesAsync(SocketHost host)
    {
        // Those who came before may be let in afterwards.
        var connected = new ConcurrentQueue<SocketConnection>();
        host.Handler.OnConnected = connected.Enqueue;
        var client = await host.OpenAsync();
        await client.SendTextAsync("40");
        var answer = await client.ReadTextAsync();
        SocketConnection? Own() => connected.FirstOrDefault(socket => answer.Contains(socket.Id, StringComparison.Ordinal));
        await Eventually.IsTrueAsync(() => Own() is not null, "it is let in");
        return (client, Own()!);
    }
}
