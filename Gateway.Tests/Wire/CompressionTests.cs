using System.IO.Compression;
using System.Net.WebSockets;
using System.Text;

using Gateway.Tests.Support;

namespace Gateway.Tests.Wire;

/// <summary><c>permessage-deflate</c> (RFC 7692) with .NET's own client, which checks every frame, and with frames read raw.</summary>
public class CompressionTests
{
    [Theory]
    [InlineData(15, 15, true, true)]
    [InlineData(15, 15, false, false)]
    [InlineData(9, 15, true, true)]
    [InlineData(15, 9, true, true)]
    [InlineData(15, 10, true, false)]
    [InlineData(12, 12, false, true)]
    public async Task Echo_WithAnyTerms_ComesBackAsItWasSent(int clientBits, int serverBits, bool clientTakesOver, bool serverTakesOver)
    {
        await using var host = await EngineHost.StartAsync();
        using var socket = new ClientWebSocket();
        socket.Options.DangerousDeflateOptions = new WebSocketDeflateOptions
        {
            ClientMaxWindowBits = clientBits,
            ServerMaxWindowBits = serverBits,
            ClientContextTakeover = clientTakesOver,
            ServerContextTakeover = serverTakesOver,
        };
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{host.Port}/engine.io/?EIO=4&transport=websocket"), CancellationToken.None)
            .WaitAsync(TestLimits.Step);
        await ReadAsync(socket);

        var random = new Random(1);
        for (var i = 0; i < 60; i++)
        {
            // Small ones, such as do not shrink, and one that is larger than a block.
            var length = i == 30 ? 200_000 : random.Next(1, 6_000);
            var text = "4" + (i % 3 == 0 ? Noise(random, length) : Words(random, length));
            await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, CancellationToken.None);
            (await ReadAsync(socket)).Should().Be(text);
        }
    }

    [Fact]
    public async Task Echo_OfManyMessagesAtOnce_IsSmallAndWhole()
    {
        await using var host = await EngineHost.StartAsync();
        using var client = await RawEngineClient.ConnectAsync(host.Port);
        var response = await client.UpgradeAsync(
            "/engine.io/?EIO=4&transport=websocket", "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits");
        response.Header("Sec-WebSocket-Extensions").Should().Be("permessage-deflate; client_no_context_takeover");
        (await client.ReadFrameAsync()).First.Should().Be(0x81, "what is short goes as it is");

        var message = Encoding.UTF8.GetBytes("4" + Words(new Random(2), 2_000));
        await client.SendFrameAsync(RawEngineClient.Text, message);
        var frame = await client.ReadFrameAsync();

        frame.First.Should().Be(0xC1);
        frame.Payload.Length.Should().BeLessThan(message.Length / 2);
    }

    /// <summary>A client whose library ends each message's deflate stream (RFC 7692, 7.2.3.4).</summary>
    [Fact]
    public async Task Echo_OfAMessageThatEndsItsDeflateStream_ComesBack()
    {
        await using var host = await EngineHost.StartAsync();
        using var client = await RawEngineClient.ConnectAsync(host.Port);
        await client.UpgradeAsync("/engine.io/?EIO=4&transport=websocket", "Sec-WebSocket-Extensions: permessage-deflate");
        await client.ReadTextAsync();
        using var deflated = new MemoryStream();
        using (var deflate = new DeflateStream(deflated, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflate.Write("4Hello"u8);
        }

        deflated.WriteByte(0);

        await client.SendFrameAsync(0x40 | RawEngineClient.Text, deflated.ToArray());

        (await client.ReadTextAsync()).Should().Be("4Hello");
    }

    [Theory]
    [InlineData(true, "")]
    [InlineData(true, "Sec-WebSocket-Extensions: permessage-deflate; unknown")]
    [InlineData(false, "Sec-WebSocket-Extensions: permessage-deflate")]
    public async Task Echo_NotAgreed_IsPlain(bool isOn, string header)
    {
        await using var host = await EngineHost.StartAsync(options => options.Compression = isOn);
        using var client = await RawEngineClient.ConnectAsync(host.Port);
        var response = await client.UpgradeAsync("/engine.io/?EIO=4&transport=websocket", header.Length == 0 ? [] : [header]);
        response.Header("Sec-WebSocket-Extensions").Should().BeNull();
        await client.ReadTextAsync();

        var text = "4" + new string('a', 2_000);
        await client.SendTextAsync(text);
        (await client.ReadTextAsync()).Should().Be(text);
    }

    [Fact]
    public async Task ReplayAndLive_WithAndWithoutCompression_AreTheSameEvents()
    {
        using var store = TempStore.Empty();
        Directory.CreateDirectory(store.PathOf("sessions", "c", "events"));
        for (var id = 0; id < 300; id++)
        {
            await File.WriteAllTextAsync(
                store.PathOf("sessions", "c", "events", $"{id}.json"),
                $$"""{"id":{{id}},"source":"agent","observation":"run","content":"{{Words(new Random(id), 500)}}"}""");
        }

        await using var host = await GatewayHost.StartAsync(store, "Agent=none");
        using var plain = await JoinAsync(host, deflate: null);
        using var compressed = await JoinAsync(host, new WebSocketDeflateOptions());
        using var narrow = await JoinAsync(host, new WebSocketDeflateOptions { ServerMaxWindowBits = 10, ServerContextTakeover = false });
        ClientWebSocket[] sockets = [plain, compressed, narrow];
        var replays = await Task.WhenAll(sockets.Select(static socket => ReadThroughAsync(socket, "40{")));
        replays[0].Should().HaveCount(301);
        replays[1].SkipLast(1).Should().Equal(replays[0].SkipLast(1));
        replays[2].SkipLast(1).Should().Equal(replays[0].SkipLast(1));

        for (var n = 0; n < 5; n++)
        {
            await SendAsync(compressed, Say($"{Words(new Random(n), 700)} {n}"));
        }

        var live = await Task.WhenAll(sockets.Select(static socket => ReadThroughAsync(socket, " 4\"")));
        live[1].Should().Equal(live[0]).And.HaveCountGreaterThanOrEqualTo(5);
        live[2].Should().Equal(live[0]);
    }

    [Fact]
    public async Task Live_ToSeveralThatTakeCompressedFrames_IsTheSameFrameForAll()
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store, "Agent=none");
        const string Query = "/socket.io/?conversation_id=c&latest_event_id=-1&EIO=4&transport=websocket";
        using var first = await RawEngineClient.ConnectAsync(host.Address.Port);
        using var second = await RawEngineClient.ConnectAsync(host.Address.Port);
        RawEngineClient[] clients = [first, second];
        foreach (var client in clients)
        {
            await client.UpgradeAsync(Query, "Sec-WebSocket-Extensions: permessage-deflate");
            await client.ReadTextAsync();
            await client.SendTextAsync("40");
            (await client.ReadTextAsync()).Should().StartWith("40{");
        }

        await first.SendTextAsync(Say(Words(new Random(5), 700)));
        var frames = await Task.WhenAll(clients.Select(static async client =>
        {
            RawFrame frame;
            do
            {
                frame = await client.ReadFrameAsync();
            }
            while (frame.First != 0xC1);
            return frame;
        }));

        frames[1].Payload.Should().Equal(frames[0].Payload).And.HaveCountLessThan(500);
    }

    private static async Task<ClientWebSocket> JoinAsync(GatewayHost host, WebSocketDeflateOptions? deflate)
    {
        var socket = new ClientWebSocket();
        socket.Options.DangerousDeflateOptions = deflate;
        var address = new UriBuilder(host.Address)
        {
            Scheme = "ws",
            Path = "/socket.io/",
            Query = "conversation_id=c&latest_event_id=-1&EIO=4&transport=websocket",
        };
        await socket.ConnectAsync(address.Uri, CancellationToken.None).WaitAsync(TestLimits.Step);
        (await ReadAsync(socket)).Should().StartWith("0{");
        await SendAsync(socket, "40");
        return socket;
    }

    private static async Task<List<string>> ReadThroughAsync(ClientWebSocket socket, string last)
    {
        var texts = new List<string>();
        do
        {
            texts.Add(await ReadAsync(socket));
        }
        while (!texts[^1].Contains(last, StringComparison.Ordinal));
        return texts;
    }

    private static Task SendAsync(ClientWebSocket socket, string text) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, CancellationToken.None).WaitAsync(TestLimits.Step);

    private static string Say(string text) => $$$"""42["oh_user_action",{"action":"message","args":{"content":"{{{text}}}"}}]""";

    private static string Words(Random random, int length)
    {
        string[] words = ["the", "agent", "reads", "files", "and", "writes", "what", "it", "has", "found"];
        var text = new StringBuilder();
        while (text.Length < length)
        {
            text.Append(words[random.Next(words.Length)]).Append(' ');
        }

        return text.ToString(0, length);
    }

    private static string Noise(Random random, int length) => Convert.ToBase64String(RandomBytes(random, length))[..length];

    private static byte[] RandomBytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    private static async Task<string> ReadAsync(ClientWebSocket socket)
    {
        using var message = new MemoryStream();
        var buffer = new byte[64 * 1_024];
        while (true)
        {
            var read = await socket.ReceiveAsync(buffer, CancellationToken.None).WaitAsync(TestLimits.Step);
            message.Write(buffer, 0, read.Count);
            if (read.EndOfMessage)
            {
                return Encoding.UTF8.GetString(message.ToArray());
            }
        }
    }
}
