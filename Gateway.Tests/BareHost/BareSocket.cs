using System.Buffers;
using System.Net.WebSockets;

namespace Gateway.Tests.BareHost;

/// <summary>One WebSocket and its conversation. Any thread sends; one send at a time.</summary>
internal sealed class BareSocket(WebSocket socket, Dictionary<string, BareRoom> rooms, string conversation, string? replayFolder)
    : IDisposable
{
    private const int BufferBytes = 64 * 1_024;

    private static readonly byte[] s_open =
        """0{"sid":"bare","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":4194304}"""u8.ToArray();

    private static readonly byte[] s_connected = """40{"sid":"bare"}"""u8.ToArray();
    private static readonly byte[] s_ping = "2"u8.ToArray();
    private static readonly TimeSpan s_pingInterval = TimeSpan.FromSeconds(25);

    private readonly SemaphoreSlim _sending = new(1);

    /// <summary>Serves it to its end.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await SendAsync(s_open);
        var room = RoomOf();
        await using var pings = new Timer(
            static socket => _ = ((BareSocket)socket!).SendAsync(s_ping), this, s_pingInterval, s_pingInterval);
        try
        {
            while (true)
            {
                // No buffer is held while nothing comes.
                await socket.ReceiveAsync(Memory<byte>.Empty, cancellationToken);
                var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
                var received = await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    return;
                }

                await AnswerAsync(room, buffer.AsMemory(0, received.Count));
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
        catch (WebSocketException)
        {
            // The client has gone.
        }
        finally
        {
            room.Leave(this);
        }
    }

    public void Dispose() => _sending.Dispose();

    public async Task SendAsync(ReadOnlyMemory<byte> packet)
    {
        await _sending.WaitAsync();
        try
        {
            await socket.SendAsync(packet, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        }
        catch (WebSocketException)
        {
            // Its own loop sees that as well.
        }
        finally
        {
            _sending.Release();
        }
    }

    private async Task AnswerAsync(BareRoom room, ReadOnlyMemory<byte> packet)
    {
        if (packet.Span.SequenceEqual("40"u8))
        {
            if (replayFolder is not null)
            {
                await ReplayAsync(replayFolder);
            }

            room.Join(this);
            await SendAsync(s_connected);
        }
        else if (packet.Span.StartsWith("42"u8))
        {
            await room.ShowAsync(packet);
        }
    }

    // The bare loop: a page of events from its file to the socket, as it stands.
    private async Task ReplayAsync(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder).OrderBy(static file => int.Parse(Path.GetFileName(file).Split('-')[0])))
        {
            await SendAsync(await File.ReadAllBytesAsync(file));
        }
    }

    private BareRoom RoomOf()
    {
        lock (rooms)
        {
            return rooms.TryGetValue(conversation, out var room) ? room : rooms[conversation] = new BareRoom();
        }
    }
}
