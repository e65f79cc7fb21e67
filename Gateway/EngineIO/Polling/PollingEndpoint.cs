using System.Buffers;
using System.IO.Pipelines;

using Gateway.EngineIO.Admission;
using Gateway.EngineIO.Kestrel;
using Gateway.EngineIO.Protocol;
using Gateway.EngineIO.Sessions;
using Gateway.EngineIO.WebSockets;

using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Net.Http.Headers;

namespace Gateway.EngineIO.Polling;

/// <summary>
/// Serves the requests of polling sessions: a GET brings packets to the client, a POST takes packets from it. Stateless; any thread.
/// </summary>
internal sealed class PollingEndpoint(EngineContext services)
{
    private const string TextPlain = "text/plain; charset=UTF-8";

    private static readonly TimeSpan s_pollArrivalGrace = TimeSpan.FromMilliseconds(100);

    private readonly EngineOptions _options = services.Options;

    /// <summary>The answer to a handshake: the open packet alone, whatever else waits already.</summary>
    public Task OpenAsync(HttpContext context, EngineSession session, PollingTransport transport) =>
        PollAsync(context, session, transport, maxPackets: 1);

    public async Task PollAsync(HttpContext context, EngineSession session, PollingTransport transport)
    {
        if (IsOverdue(session))
        {
            await EngineError.UnknownSession.WriteAsync(context);
            return;
        }

        await PollAsync(context, session, transport, _options.OutboundPackets);
    }

    public async Task PostAsync(HttpContext context, EngineSession session, PollingTransport transport)
    {
        if (IsOverdue(session))
        {
            await EngineError.UnknownSession.WriteAsync(context);
            return;
        }

        var admission = transport.EnterPost();
        if (admission != RequestAdmission.Granted)
        {
            await RefuseAsync(context, session, admission);
            return;
        }

        EngineError? error;
        try
        {
            error = await ReceiveAsync(context, session, transport);
        }
        finally
        {
            transport.LeavePost();
        }

        await (error is null ? WriteTextAsync(context, "ok"u8.ToArray()) : error.WriteAsync(context));
    }

    /// <summary>A deadline that has passed ends the session now, not when its timer gets to run.</summary>
    private static bool IsOverdue(EngineSession session)
    {
        session.CheckHeartbeat();
        return session.IsClosed;
    }

    private static Task RefuseAsync(HttpContext context, EngineSession session, RequestAdmission admission)
    {
        if (admission == RequestAdmission.Switched)
        {
            return EngineError.WrongTransport.WriteAsync(context);
        }

        session.Close(CloseReason.DuplicateRequest);
        return EngineError.Duplicate.WriteAsync(context);
    }

    private async Task PollAsync(HttpContext context, EngineSession session, PollingTransport transport, int maxPackets)
    {
        var admission = await transport.EnterPollAsync();
        if (admission != RequestAdmission.Granted)
        {
            await RefuseAsync(context, session, admission);
            return;
        }

        TlsBuffers.GiveBack(context);
        var packets = ArrayPool<EnginePacket>.Shared.Rent(maxPackets);
        try
        {
            var taken = await WaitForPacketsAsync(context, session, transport, packets.AsMemory(0, maxPackets));
            if (context.RequestAborted.IsCancellationRequested)
            {
                session.Close(CloseReason.TransportLost);
                return;
            }

            transport.BeginWriting();
            await AnswerAsync(context, session, transport, packets.AsMemory(0, taken.Count), taken);
        }
        finally
        {
            ArrayPool<EnginePacket>.Shared.Return(packets, clearArray: true);
            transport.LeavePoll();
        }
    }

    /// <summary>
    /// Ends when there are packets or a ping, the session is over, the client has gone, or an upgrade wants the poll back.
    /// </summary>
    private async ValueTask<Taken> WaitForPacketsAsync(
        HttpContext context, EngineSession session, PollingTransport transport, Memory<EnginePacket> packets)
    {
        await using var onAbort = context.RequestAborted.UnsafeRegister(static state => ((PollingTransport)state!).Wake(), transport);
        while (true)
        {
            var taken = session.Take(packets.Span, _options.MaxPayloadBytes, first: true);
            if (!taken.IsEmpty || transport.EndsPolls || context.RequestAborted.IsCancellationRequested)
            {
                return taken;
            }

            await transport.WaitForNewsAsync();
        }
    }

    private async Task AnswerAsync(
        HttpContext context, EngineSession session, PollingTransport transport, ReadOnlyMemory<EnginePacket> packets, Taken taken)
    {
        // When the session has ended, the answer has the time of a WebSocket's close; a client that reads more slowly loses it.
        using var limit = new CancellationTokenSource(Timeout.InfiniteTimeSpan, services.TimeProvider);
        await using var onClosing = session.Closing.UnsafeRegister(
            state => ((CancellationTokenSource)state!).CancelAfter(_options.CloseTimeout), limit);

        var first = taken.Ping ? EnginePacket.Bare(EnginePacketType.Ping)
            : packets.Length > 0 ? default(EnginePacket?)
            : EnginePacket.Bare(taken.IsComplete ? CloseReasons.LastPolledPacket(session.CloseReason) : EnginePacketType.Noop);
        try
        {
            context.Response.ContentType = TextPlain;
            context.Response.Headers[HeaderNames.CacheControl] = "no-store";
            var written = await WriteAsync(context.Response, first, packets, Progressed, limit.Token);
            if (written is not { } length)
            {
                // The connection ended while the answer was written: the packets in it are lost.
                session.Close(CloseReason.TransportLost);
                return;
            }

            session.WriteCompleted(packets.Length, length, taken.Ping);
        }
        catch (Exception exception) when (WebSocketReader.IsPeerFault(exception))
        {
            session.Close(CloseReason.TransportLost);
            context.Abort();
        }

        void Progressed()
        {
            session.WriteProgressed();
            transport.RequestProgressed();
        }
    }

    /// <summary>How many bytes the client was sent; null when it has gone.</summary>
    private async ValueTask<long?> WriteAsync(HttpResponse response, EnginePacket? first, ReadOnlyMemory<EnginePacket> packets,
        Action progressed, CancellationToken cancellationToken)
    {
        var length = PayloadWriter.Measure(first, packets.Span);
        if (FindEncoding(response, length) is not { } encoding)
        {
            response.ContentLength = length;
            return await new PayloadWriter(response.BodyWriter, progressed).WriteAsync(first, packets, cancellationToken) ? length : null;
        }

        response.Headers.ContentEncoding = encoding.EncodingName;
        await using var body = new CompressedBody(response.BodyWriter, encoding);
        return await new PayloadWriter(body.Writer, progressed).WriteAsync(first, packets, cancellationToken) && await body.CompleteAsync()
            ? body.Length
            : null;
    }

    /// <summary>As V0's server does it: for a client that accepts it, and an answer that is worth it.</summary>
    private ICompressionProvider? FindEncoding(HttpResponse response, long length)
    {
        if (!_options.Compression || length < _options.CompressionThreshold)
        {
            return null;
        }

        var encodings = response.HttpContext.RequestServices.GetRequiredService<IResponseCompressionProvider>();
        return encodings.GetCompressionProvider(response.HttpContext);
    }

    private static Task WriteTextAsync(HttpContext context, byte[] text)
    {
        context.Response.ContentType = TextPlain;
        context.Response.ContentLength = text.Length;
        return context.Response.Body.WriteAsync(text, 0, text.Length);
    }

    /// <summary>The body's packets, one after the other. What is wrong with the body ends the session.</summary>
    private async ValueTask<EngineError?> ReceiveAsync(HttpContext context, EngineSession session, PollingTransport transport)
    {
        using var body = new InboundBuffer(services.InboundBudget);
        var refusal = await ReadBodyAsync(context, session, transport, body);
        if (refusal is { } reason)
        {
            session.Close(reason);
            return reason switch
            {
                CloseReason.PayloadTooLarge => EngineError.TooLarge,
                CloseReason.InboundBudgetSpent => EngineError.InboundBudgetSpent,
                _ => EngineError.BadRequest,
            };
        }

        var rest = body.Written;
        if (PayloadCodec.CountPackets(rest.Span) > _options.MaxPacketsPerPayload)
        {
            session.Close(CloseReason.TooManyPackets);
            return EngineError.TooManyPackets;
        }

        for (var more = true; more && !session.IsClosed;)
        {
            if (PayloadCodec.TryReadPacket(ref rest, out var packet, out more) != DecodeStatus.Ok)
            {
                session.Close(CloseReason.ProtocolError);
                return EngineError.Malformed;
            }

            if (packet.Type == EnginePacketType.Close)
            {
                // A client that closes has a poll open, or one on its way on another connection: that one is to end well too.
                await transport.WaitForPollAsync(s_pollArrivalGrace, services.TimeProvider);
            }

            await session.ReceiveAsync(packet);
        }

        return null;
    }

    /// <summary>Counts while it reads, whatever the headers announce. Gives the reason to close the session, if there is one.</summary>
    private async ValueTask<CloseReason?> ReadBodyAsync(
        HttpContext context, EngineSession session, PollingTransport transport, InboundBuffer body)
    {
        if (context.Request.ContentLength > _options.MaxPayloadBytes)
        {
            return CloseReason.PayloadTooLarge;
        }

        // The server's own limit stands in the way of a larger one of ours, and bounds what it reads to skip a refused body.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = _options.MaxPayloadBytes;
        }

        // Who sends too slowly is for the heartbeat to say: the pong waits behind this POST. The server's own rule would end the session of
        // a client whose POST is held up for a few seconds, as during an upgrade.
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        // Not a token: a read that is cancelled by one leaves the request's reader in no state to answer.
        var reader = context.Request.BodyReader;
        await using var onClosing = session.Closing.UnsafeRegister(static state => ((PipeReader)state!).CancelPendingRead(), reader);
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync();
                var refusal = TryAppend(body, read.Buffer);
                reader.AdvanceTo(read.Buffer.End);
                transport.RequestProgressed();
                if (refusal is not null)
                {
                    return refusal;
                }

                if (read.IsCanceled)
                {
                    return session.CloseReason;
                }

                if (read.IsCompleted)
                {
                    return null;
                }
            }
        }
        catch (BadHttpRequestException exception) when (exception.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return CloseReason.PayloadTooLarge;
        }
        catch (Exception exception) when (WebSocketReader.IsPeerFault(exception))
        {
            return CloseReason.TransportLost;
        }
    }

    /// <summary>Null when the body has taken what was read; else why it may not.</summary>
    private CloseReason? TryAppend(InboundBuffer body, ReadOnlySequence<byte> read)
    {
        if (body.Length + read.Length > _options.MaxPayloadBytes)
        {
            return CloseReason.PayloadTooLarge;
        }

        foreach (var part in read)
        {
            if (!body.TryAppend(part.Span))
            {
                return CloseReason.InboundBudgetSpent;
            }
        }

        return null;
    }
}
