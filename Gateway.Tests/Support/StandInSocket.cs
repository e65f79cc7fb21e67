using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;

using Gateway.Agents.V1;
using Gateway.Primitives.Json;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>One subscriber of the stand-in server. Sends may come from any thread; owned by its request.</summary>
internal sealed class StandInSocket(WebSocket socket, bool isSession, int? cutAfter, bool isCutGently, bool sendsGarbage)
{
    private static readonly string[] s_garbage =
    [
        "not json", "42", "null", "[]", "{\"kind\":\"NobodyKnowsEvent\"}", "{\"type\":\"durable\"}",
            "{\"type\":\"durable\",\"seq\":\"x\",\"event\":{}}",
        "{\"type\":\"durable\",\"seq\":-5,\"event\":{}}", "{\"type\":\"delta\",\"content\":\"a\"}", "{\"type\":\"transient\",\"event\":7}",
        "{\"content\":\"a\",\"kind\":\"StreamingDeltaEvent\"}", "{\"a\":" + "[[[[[[[[", "{\"kind\":\"ServerErrorEvent\"}",
    ];

    private readonly Channel<string> _frames = Channel.CreateUnbounded<string>();
    private (int Code, string Reason)? _close;
    private int _count;

    /// <summary>The largest frame that it sends, in characters: a larger one ends it, as the real server does.</summary>
    public int MaxFrame { get; init; } = int.MaxValue;

    /// <summary>An outer server passes it on: whatever it is closed with, the client sees a plain 1000.</summary>
    public bool IsPassedOn { get; init; }

    /// <summary>The key of the first message; null when that is something else.</summary>
    public static async Task<string?> ReadKeyAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[4_096];
        var received = await socket.ReceiveAsync(buffer, cancellationToken);
        return JsonTree.TryReadObject(Encoding.UTF8.GetString(buffer, 0, received.Count), out var auth) && auth.Text("type") == "auth"
            ? auth.TextOrNull("session_api_key")
            : null;
    }

    public void SendSync(int from, int through)
    {
        var sync = new JObject { ["type"] = "sync", ["from_seq"] = from };
        if (through >= 0)
        {
            sync["through_seq"] = through;
        }

        Enqueue(sync);
    }

    public void Send(int sequence, JObject v1Event) =>
        Enqueue(isSession ? new JObject { ["type"] = "durable", ["seq"] = sequence, ["event"] = v1Event.DeepClone() } : v1Event);

    public void SendTransient(JObject v1Event) =>
        Enqueue(isSession ? new JObject { ["type"] = "transient", ["event"] = v1Event } : v1Event);

    public void SendRaw(string frame) => _frames.Writer.TryWrite(frame);

    public void Cut() => _frames.Writer.TryComplete();

    /// <summary>After what is sent already.</summary>
    public void Close(int code, string reason)
    {
        _close ??= IsPassedOn ? (1000, "") : (code, reason);
        Cut();
    }

    /// <summary>Runs until either side ends it. Gives the close code that the client sent; null when it was cut, or cut itself.</summary>
    public async Task<int?> RunAsync(CancellationToken cancellationToken)
    {
        var receiving = ReceiveAsync(cancellationToken);
        var sent = 0;
        try
        {
            while (sent != cutAfter && await _frames.Reader.WaitToReadAsync(cancellationToken))
            {
                while (sent != cutAfter && _frames.Reader.TryRead(out var frame))
                {
                    if (frame.Length > MaxFrame)
                    {
                        Close(1013, "frame_too_large");
                        cutAfter = sent;
                        break;
                    }

                    await socket.SendAsync(Encoding.UTF8.GetBytes(frame), WebSocketMessageType.Text, true, cancellationToken);
                    sent++;
                }
            }

            if ((_close is not null || isCutGently) && socket.State == WebSocketState.Open)
            {
                // What was sent arrives; an abort takes back what the other side has not read, so that it goes first.
                var (code, reason) = _close ?? (1012, "");
                await socket.CloseOutputAsync((WebSocketCloseStatus)code, reason, cancellationToken);
                await receiving.WaitAsync(TestLimits.Step, cancellationToken);
            }
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or IOException or TimeoutException)
        {
            // The other side has gone.
        }

        var answered = await AnswerCloseAsync(cancellationToken);
        socket.Abort();
        await receiving;
        return answered;
    }

    /// <summary>A client that has sent its close frame gets the answer, as from a real server.</summary>
    private async Task<int?> AnswerCloseAsync(CancellationToken cancellationToken)
    {
        if (socket.State != WebSocketState.CloseReceived)
        {
            return null;
        }

        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", cancellationToken);
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or IOException)
        {
            // It did not wait for it.
        }

        return (int?)socket.CloseStatus;
    }

    private void Enqueue(JObject frame)
    {
        if (sendsGarbage)
        {
            _frames.Writer.TryWrite(s_garbage[_count++ % s_garbage.Length]);
        }

        _frames.Writer.TryWrite(frame.ToString(Formatting.None));
    }

    private async Task ReceiveAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[4_096];
        try
        {
            while ((await socket.ReceiveAsync(buffer, cancellationToken)).MessageType != WebSocketMessageType.Close)
            {
                // Nobody sends here after the key.
            }
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or IOException)
        {
            // The end, either way.
        }

        Cut();
    }
}
