using System.Net.WebSockets;
using System.Text;

using Gateway.EngineIO.Protocol;
using Gateway.Tools.Shadow.Observe;

namespace Gateway.Tests.Tools.Shadow;

/// <summary>What is read beside the clients' path, in whatever pieces it comes.</summary>
public sealed class ObserveTests
{
    private const int MaxBody = 1024 * 1024;

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(10_000)]
    public void TryRead_AnswersInPieces_AreAllRead(int piece)
    {
        const string answers = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"
            + "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n"
            + "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;ext=1\r\nde\r\nA\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n"
            + "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
        var reader = new HttpMessageReader(ofServer: true, MaxBody);
        var bytes = new ByteQueue();
        var read = new List<(int, string)>();

        foreach (var part in Encoding.Latin1.GetBytes(answers).Chunk(piece))
        {
            bytes.Append(part);
            while (reader.TryRead(bytes, default) is { } message)
            {
                read.Add((message.Status, message.Text));
            }
        }

        read.Should().Equal((200, "abc"), (204, ""), (200, "de0123456789"), (404, ""));
        reader.IsFailed.Should().BeFalse();
        bytes.Count.Should().Be(0);
    }

    [Theory]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
    [InlineData("GET /\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n")]
    public void TryRead_NoHttp_SaysSoAndThrowsNothing(string text)
    {
        var reader = new HttpMessageReader(ofServer: false, MaxBody);
        var bytes = new ByteQueue();
        bytes.Append(Encoding.Latin1.GetBytes(text));

        reader.TryRead(bytes, default).Should().BeNull();

        reader.IsFailed.Should().BeTrue();
    }

    [Fact]
    public void TryRead_ABodyPastTheBound_IsPassedOverAndTheNextIsRead()
    {
        var reader = new HttpMessageReader(ofServer: true, maxBody: 4);
        var bytes = new ByteQueue();
        bytes.Append("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"u8);

        var large = reader.TryRead(bytes, default);
        var small = reader.TryRead(bytes, default);

        (large?.IsCut, large?.Size, large?.Body.Length).Should().Be((true, 5, 0));
        small?.Text.Should().Be("ok");
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    public async Task TryRead_FramesOfALibrary_AreAllRead(bool isCompressed, bool keepsContext)
    {
        string[] sent = ["2probe", "42[\"oh_event\",{\"id\":1}]", new('x', 70_000), "42[\"oh_event\",{\"id\":1}]", "ünïcödé"];
        using var wire = new MemoryStream();
        var options = new WebSocketCreationOptions
        {
            IsServer = false,
            DangerousDeflateOptions = isCompressed ? new WebSocketDeflateOptions { ClientContextTakeover = keepsContext } : null,
        };
        using (var socket = WebSocket.CreateFromStream(wire, options))
        {
            foreach (var text in sent)
            {
                // In two frames, the way a large message may come.
                var bytes = Encoding.UTF8.GetBytes(text);
                await socket.SendAsync(bytes.AsMemory(0, 1), WebSocketMessageType.Text, false, CancellationToken.None);
                await socket.SendAsync(bytes.AsMemory(1), WebSocketMessageType.Text, true, CancellationToken.None);
            }

            await socket.SendAsync(new byte[] { 1, 2, 3 }, WebSocketMessageType.Binary, true, CancellationToken.None);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "bye", CancellationToken.None);
        }

        using var reader = new FrameReader(isCompressed ? new DeflateDecoder(keepsContext) : null, MaxBody);
        var queue = new ByteQueue();
        var read = new List<SocketMessage>();
        foreach (var part in wire.ToArray().Chunk(13))
        {
            queue.Append(part);
            while (reader.TryRead(queue, out var message))
            {
                read.Add(message);
            }
        }

        read.Take(sent.Length).Select(static message => message.Text).Should().Equal(sent);
        read[^2].Should().Be(new SocketMessage(true, "AQID", null));
        read[^1].Should().Be(new SocketMessage(false, "bye", 1000));
        reader.IsFailed.Should().BeFalse();
    }

    [Fact]
    public void TryRead_AMessagePastTheBound_FailsAndKeepsNothing()
    {
        using var reader = new FrameReader(null, maxMessage: 100);
        var queue = new ByteQueue();
        queue.Append([0x81, 126, 0x01, 0x00]);

        reader.TryRead(queue, out _).Should().BeFalse();

        reader.IsFailed.Should().BeTrue();
    }
}
