using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Gateway.Tests.Support;

/// <summary>
/// One TCP connection that says exactly what a test tells it to: HTTP requests, and WebSocket frames after an upgrade, right or wrong.
/// Every wait ends after <see cref="TestLimits.Step"/>. One reader and one writer at a time.
/// </summary>
internal sealed class RawEngineClient : IDisposable
{
    public const int Text = 0x1;
    public const int Binary = 0x2;
    public const int Close = 0x8;
    public const int Ping = 0x9;
    public const int Pong = 0xA;

    private const string Key = "dGhlIHNhbXBsZSBub25jZQ==";

    private readonly TcpClient _client;
    private readonly NetworkStream _stream;
    private readonly byte[] _buffer = new byte[64 * 1_024];
    private int _start;
    private int _end;

    private RawEngineClient(TcpClient client)
    {
        _client = client;
        _stream = client.GetStream();
    }

    /// <summary>
    /// Is told how many bytes of the present read have come, before they count: a test with a clock of its own lets it go on by the time
    /// that a slow link would have needed for them.
    /// </summary>
    public Action<int>? OnBytes { get; set; }

    /// <summary>The session, once <see cref="OpenAsync"/> has opened one.</summary>
    public string Sid { get; private set; } = "";

    public static async Task<RawEngineClient> ConnectAsync(int port, int? receiveBuffer = null)
    {
        var client = new TcpClient { NoDelay = true };
        if (receiveBuffer is { } size)
        {
            client.ReceiveBufferSize = size;
        }

        await client.ConnectAsync(IPAddress.Loopback, port).WaitAsync(TestLimits.Step);
        return new RawEngineClient(client);
    }

    /// <summary>A session that begins on a WebSocket; its open packet has been read.</summary>
    public static async Task<RawEngineClient> OpenAsync(
        int port, string path = "/engine.io/", string query = "", int? receiveBuffer = null, params string[] headers)
    {
        var client = await ConnectAsync(port, receiveBuffer);
        var response = await client.UpgradeAsync($"{path}?EIO=4&transport=websocket{query}", headers);
        response.Status.Should().Be(101, response.Text);
        client.Sid = ReadSid(await client.ReadTextAsync());
        return client;
    }

    /// <summary>A polling session, opened on a connection that is closed again.</summary>
    public static async Task<string> OpenPollingAsync(int port, string path = "/engine.io/", string query = "")
    {
        var response = await SendAsync(port, "GET", $"{path}?EIO=4&transport=polling{query}");
        response.Status.Should().Be(200, response.Text);
        return ReadSid(response.Text);
    }

    /// <summary>One HTTP request on a connection of its own.</summary>
    public static async Task<RawHttpResponse> SendAsync(int port, string method, string target, string? body = null,
        params string[] headers)
    {
        using var client = await ConnectAsync(port);
        return await client.RequestAsync(method, target, body, headers);
    }

    public static Task<RawHttpResponse> PollAsync(int port, string sid, string path = "/engine.io/") =>
        SendAsync(port, "GET", $"{path}?EIO=4&transport=polling&sid={sid}");

    public static Task<RawHttpResponse> PostAsync(int port, string sid, string body, string path = "/engine.io/") =>
        SendAsync(port, "POST", $"{path}?EIO=4&transport=polling&sid={sid}", body, "Content-Type: text/plain;charset=UTF-8");

    public async Task<RawHttpResponse> RequestAsync(string method, string target, string? body = null, params string[] headers)
    {
        await WriteAsync(FormatRequest(method, target, body, headers));
        return await ReadResponseAsync();
    }

    /// <summary>The opening handshake; a 101 makes the connection a WebSocket.</summary>
    public Task<RawHttpResponse> UpgradeAsync(string target, params string[] headers) =>
        RequestAsync(
            "GET", target, null,
                ["Connection: keep-alive, Upgrade", "Upgrade: websocket", $"Sec-WebSocket-Key: {Key}", "Sec-WebSocket-Version: 13",
                    .. headers]);

    public Task WriteAsync(string text) => WriteAsync(Encoding.UTF8.GetBytes(text));

    public Task WriteAsync(ReadOnlyMemory<byte> bytes) => _stream.WriteAsync(bytes).AsTask().WaitAsync(TestLimits.Step);

    public Task SendTextAsync(string text) => SendFrameAsync(Text, Encoding.UTF8.GetBytes(text));

    public Task SendFrameAsync(int opcode, ReadOnlyMemory<byte> payload, bool final = true, bool masked = true) =>
        WriteAsync(FormatFrame((byte)((final ? 0x80 : 0) | opcode), payload.Span, masked));

    public static byte[] FormatFrame(byte first, ReadOnlySpan<byte> payload, bool masked = true, long? announced = null)
    {
        var length = announced ?? payload.Length;
        var maskBit = masked ? 0x80 : 0;
        Span<byte> extended = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(extended, length);
        ReadOnlySpan<byte> mask = masked ? [0x37, 0xfa, 0x21, 0x3d] : [];
        byte[] frame =
        [
            first,
            (byte)(maskBit | (length < 126 ? (int)length : length <= ushort.MaxValue ? 126 : 127)),
            .. length < 126 ? [] : length <= ushort.MaxValue ? extended[6..] : extended,
            .. mask,
            .. payload,
        ];
        var body = frame.AsSpan(frame.Length - payload.Length);
        for (var i = 0; masked && i < body.Length; i++)
        {
            body[i] ^= mask[i & 3];
        }

        return frame;
    }

    public async Task<RawFrame> ReadFrameAsync()
    {
        var head = await ReadExactlyAsync(2);
        (head[1] & 0x80).Should().Be(0, "a server does not mask");
        long length = head[1] & 0x7F;
        length = length switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(await ReadExactlyAsync(2)),
            127 => BinaryPrimitives.ReadInt64BigEndian(await ReadExactlyAsync(8)),
            _ => length,
        };
        return new RawFrame(head[0], await ReadExactlyAsync((int)length));
    }

    /// <summary>The next text frame; anything else fails the test.</summary>
    public async Task<string> ReadTextAsync()
    {
        var frame = await ReadFrameAsync();
        frame.First.Should().Be(0x80 | Text, "a text frame is expected, not {0}", BitConverter.ToString(frame.Payload));
        return frame.Text;
    }

    /// <summary>The texts up to the first that begins with <paramref name="start"/>.</summary>
    public async Task<List<string>> ReadThroughAsync(string start)
    {
        var seen = new List<string>();
        do
        {
            seen.Add(await ReadTextAsync());
        }
        while (!seen[^1].StartsWith(start, StringComparison.Ordinal));
        return seen;
    }

    /// <summary>The close frame, whatever text and binary comes before it; answers it.</summary>
    public async Task<RawFrame> ReadCloseAsync()
    {
        while (true)
        {
            var frame = await ReadFrameAsync();
            if (frame.Opcode != Close)
            {
                continue;
            }

            try
            {
                await SendFrameAsync(Close, frame.Payload);
            }
            catch (IOException)
            {
                // Read late: the server waits for the answer for a time.
            }

            return frame;
        }
    }

    /// <summary>Reads on until the server has ended the connection, in whatever way; gives the bytes that came before.</summary>
    public async Task<int> ReadToEndAsync()
    {
        var count = _end - _start;
        _start = _end = 0;
        try
        {
            while (await _stream.ReadAsync(_buffer).AsTask().WaitAsync(TestLimits.Step) is > 0 and var read)
            {
                count += read;
            }
        }
        catch (IOException)
        {
            // A reset is an end too.
        }

        return count;
    }

    public async Task<RawHttpResponse> ReadResponseAsync()
    {
        var lines = await ReadHeadAsync();
        var status = int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture);
        var headers = lines.Skip(1).Select(static line => line.Split(':', 2))
            .ToDictionary(static pair => pair[0], static pair => pair[1].Trim(), StringComparer.OrdinalIgnoreCase);
        var length = headers.TryGetValue("Content-Length", out var value) ? int.Parse(value, CultureInfo.InvariantCulture) : 0;
        headers.Should().NotContainKey("Transfer-Encoding", "our answers have a length");
        return new RawHttpResponse(status, headers, await ReadExactlyAsync(length));
    }

    /// <summary>Reads so many bytes and forgets them.</summary>
    public async Task SkipAsync(int count) => _ = await ReadExactlyAsync(count);

    /// <summary>Ends the connection with a reset.</summary>
    public void Reset()
    {
        // The client's own end shuts the connection down first, and the server would see no reset.
        _client.Client.Close(timeout: 0);
        _client.Dispose();
    }

    /// <summary>Writes to a server that may refuse the client, and close, before all is written.</summary>
    public static async Task IgnoringPeerAsync(Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (IOException)
        {
            // Refused, as it should be: what it says can still be read.
        }
    }

    public void Dispose() => _client.Dispose();

    private static string ReadSid(string openPacket)
    {
        openPacket.Should().StartWith("0{");
        using var json = JsonDocument.Parse(openPacket.AsMemory(1));
        return json.RootElement.GetProperty("sid").GetString()!;
    }

    private static string FormatRequest(string method, string target, string? body, string[] headers)
    {
        var request = new StringBuilder($"{method} {target} HTTP/1.1\r\nHost: localhost\r\n");
        if (body is not null)
        {
            request.Append(CultureInfo.InvariantCulture, $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n");
        }

        foreach (var header in headers)
        {
            request.Append(header).Append("\r\n");
        }

        return request.Append("\r\n").Append(body).ToString();
    }

    /// <summary>Status line and headers of an answer whose body the test reads itself.</summary>
    public async Task<List<string>> ReadHeadAsync()
    {
        var lines = new List<string>();
        var line = new StringBuilder();
        while (true)
        {
            var next = (char)(await ReadExactlyAsync(1))[0];
            if (next != '\n')
            {
                line.Append(next);
                continue;
            }

            if (line.ToString().TrimEnd('\r') is not { Length: > 0 } text)
            {
                return lines;
            }

            lines.Add(text);
            line.Clear();
        }
    }

    private async Task<byte[]> ReadExactlyAsync(int count)
    {
        var result = new byte[count];
        for (var done = 0; done < count;)
        {
            if (_start == _end)
            {
                _start = 0;
                _end = await _stream.ReadAsync(_buffer).AsTask().WaitAsync(TestLimits.Step);
                if (_end == 0)
                {
                    throw new EndOfStreamException($"The server ended the connection after {done} of {count} bytes.");
                }
            }

            var part = Math.Min(count - done, _end - _start);
            OnBytes?.Invoke(part);
            _buffer.AsSpan(_start, part).CopyTo(result.AsSpan(done));
            _start += part;
            done += part;
        }

        return result;
    }
}
