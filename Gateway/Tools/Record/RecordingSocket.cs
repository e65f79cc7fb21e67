using System.Buffers;
using System.Net.WebSockets;
using System.Text;

namespace Gateway.Tools.Record;

/// <summary>One proxied WebSocket: two pumps, one for each direction. Owns both sockets for as long as it runs.</summary>
internal static class RecordingSocket
{
    private const int MaxRecordedMessage = 64 * 1024 * 1024;
    private const int NoStatus = 1005;
    private const int Abnormal = 1006;

    public static async Task RunAsync(HttpContext context, Uri upstream, HttpMessageInvoker http, SessionRecorder recorder)
    {
        using var server = new ClientWebSocket();
        server.Options.KeepAliveInterval = TimeSpan.Zero;
        server.Options.CollectHttpResponseDetails = true;
        foreach (var header in RecordingProxy.PassedHeaders(context.Request))
        {
            server.Options.SetRequestHeader(header.Key, header.Value.ToString());
        }

        foreach (var protocol in context.WebSockets.WebSocketRequestedProtocols)
        {
            server.Options.AddSubProtocol(protocol);
        }

        var entry = recorder.Begin(context.Request, null, isWebSocket: true, recorder.Now);
        try
        {
            await server.ConnectAsync(upstream, http, context.RequestAborted);
        }
        catch (WebSocketException)
        {
            // The upstream's own refusal, when it gave one.
            context.Response.StatusCode = (int)server.HttpStatusCode is >= 400 and var status ? status : StatusCodes.Status502BadGateway;
            entry.Complete(recorder.Response(context.Response.StatusCode, [], (string?)null), recorder.Now);
            return;
        }

        using var client = await context.WebSockets.AcceptWebSocketAsync(server.SubProtocol);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        var up = PumpAsync(client, server, true, entry, recorder, stop.Token);
        var down = PumpAsync(server, client, false, entry, recorder, stop.Token);

        // After one side's close the other may still answer it; after a broken connection nothing comes any more.
        if (!await await Task.WhenAny(up, down))
        {
            await stop.CancelAsync();
        }
        else
        {
            stop.CancelAfter(TimeSpan.FromSeconds(5));
        }

        await Task.WhenAll(up, down);
    }

    /// <summary>False when the connection broke.</summary>
    private static async Task<bool> PumpAsync(WebSocket from, WebSocket to, bool fromClient, RecordingEntry entry, SessionRecorder recorder,
        CancellationToken cancellationToken)
    {
        var message = new ArrayBufferWriter<byte>(16 * 1024);
        try
        {
            while (true)
            {
                var memory = message.GetMemory(4 * 1024);
                var result = await from.ReceiveAsync(memory, cancellationToken);
                var time = recorder.Now;
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    entry.Close(time, fromClient, (int?)from.CloseStatus ?? NoStatus, from.CloseStatusDescription ?? "");
                    recorder.Changed(0, 0);
                    await CloseAsync(from, to, cancellationToken);
                    return true;
                }

                await to.SendAsync(memory[..result.Count], result.MessageType, result.EndOfMessage, cancellationToken);
                message.Advance(result.Count);
                recorder.Changed(result.EndOfMessage ? 1 : 0, result.Count);
                if (result.EndOfMessage || message.WrittenCount > MaxRecordedMessage)
                {
                    var isBinary = result.MessageType == WebSocketMessageType.Binary;
                    entry.AddMessage(time, fromClient, isBinary,
                        isBinary ? Convert.ToBase64String(message.WrittenSpan) : Encoding.UTF8.GetString(message.WrittenSpan));
                    message.ResetWrittenCount();
                }
            }
        }
        catch (Exception exception) when (exception is WebSocketException
            or OperationCanceledException
            or IOException
            or ObjectDisposedException
            or InvalidOperationException)
        {
            entry.Close(recorder.Now, fromClient, Abnormal, "");
            recorder.Changed(0, 0);
            to.Abort();
            return false;
        }
    }

    private static Task CloseAsync(WebSocket from, WebSocket to, CancellationToken cancellationToken)
    {
        if (to.State is not (WebSocketState.Open or WebSocketState.CloseReceived))
        {
            return Task.CompletedTask;
        }

        // 1005 stands for "no code": it must not be sent.
        var status = from.CloseStatus is null or WebSocketCloseStatus.Empty ? WebSocketCloseStatus.Empty : from.CloseStatus.Value;
        return to.CloseOutputAsync(status, status == WebSocketCloseStatus.Empty ? null : from.CloseStatusDescription, cancellationToken);
    }
}
