using System.Buffers;
using System.Net.Sockets;

using Gateway.EngineIO.Admission;
using Gateway.EngineIO.Protocol;

namespace Gateway.EngineIO.WebSockets;

/// <summary>What <see cref="WebSocketReader.ReadAsync"/> came to.</summary>
internal enum ReadOutcome
{
    Text,
    Binary,

    /// <summary>The client's close frame.</summary>
    Close,

    /// <summary>The stream ended or broke.</summary>
    Lost,

    /// <summary>The bytes break a rule or a limit: nothing after them can be understood.</summary>
    Refused,
}

/// <summary>One message, or why there is none. The data is valid, and may be written over, until the next read.</summary>
/// <param name="Outcome">What it is.</param>
/// <param name="Data">The message; empty unless text or binary.</param>
/// <param name="Reason">Why it was refused.</param>
/// <param name="CloseCode">For a close: the code to answer with.</param>
internal readonly record struct WebSocketRead(ReadOutcome Outcome, Memory<byte> Data, CloseReason Reason = default, ushort CloseCode = 0);

/// <summary>Who answers a client's pings: the control frames, not the packets.</summary>
internal interface IPingReceiver
{
    /// <summary>The payload is valid until the task completes; nothing more is read before. May throw what writing throws.</summary>
    ValueTask AnswerAsync(ReadOnlyMemory<byte> payload);
}

/// <summary>
/// Turns a stream of client frames into messages. Limits bite on what a header announces; memory follows what has arrived, and nothing
/// is held while the client is idle. One reader at a time; owned by its transport. Never throws for what a peer does.
/// </summary>
/// <param name="stream">The connection.</param>
/// <param name="options">The limits.</param>
/// <param name="isDeflated">The client may send compressed messages.</param>
/// <param name="budget">Bounds what all readers hold.</param>
/// <param name="pings">Answers pings.</param>
internal sealed class WebSocketReader(
    Stream stream, EngineOptions options, bool isDeflated, InboundBudget budget, IPingReceiver pings) : IDisposable
{
    private const int BlockSize = 4 * 1_024;

    private readonly InboundBuffer _message = new(budget);
    private byte[] _block = [];
    private int _start;
    private int _end;

    // The message under way: how many of its frames have begun, and what it is.
    private int _fragments;
    private WebSocketOpcode _opcode;
    private bool _isMessageDeflated;

    // Made for the first compressed message.
    private MessageInflater? _inflater;

    private int Buffered => _end - _start;

    /// <summary>
    /// Waits until there is something to read, or the stream has ended, holding no buffer meanwhile. Throws what the stream throws.
    /// </summary>
    public ValueTask<int> WaitAsync()
    {
        ForgetMessage();
        if (Buffered > 0)
        {
            return ValueTask.FromResult(0);
        }

        ReleaseBlock();
        return stream.ReadAsync(Memory<byte>.Empty);
    }

    /// <summary>The next whole message. Control frames between its fragments are served on the way.</summary>
    public async ValueTask<WebSocketRead> ReadAsync()
    {
        ForgetMessage();
        try
        {
            while (true)
            {
                var status = WebSocketFrameCodec.TryReadHeader(_block.AsSpan(_start, Buffered), isDeflated, out var header);
                if (status == FrameStatus.NeedMore)
                {
                    if (!await FillAsync())
                    {
                        return new WebSocketRead(ReadOutcome.Lost, default);
                    }

                    continue;
                }

                if (status != FrameStatus.Ok)
                {
                    return Refuse(CloseReason.ProtocolError);
                }

                _start += header.Size;
                var result = header.IsControl ? await ReadControlAsync(header) : await ReadDataAsync(header);
                if (result is { } read)
                {
                    return read;
                }
            }
        }
        catch (Exception exception) when (IsPeerFault(exception))
        {
            return new WebSocketRead(ReadOutcome.Lost, default);
        }
    }

    /// <summary>Reads and forgets until the client is gone, so that it can still read what was sent to it.</summary>
    public async ValueTask DrainAsync(CancellationToken cancellationToken)
    {
        try
        {
            do
            {
                _start = _end = 0;
            }
            while (await FillAsync(cancellationToken));
        }
        catch (Exception exception) when (IsPeerFault(exception))
        {
            // The end that was waited for.
        }
    }

    public void Dispose()
    {
        ForgetMessage();
        ReleaseBlock();
    }

    /// <summary>What reading and writing throws when the peer, or an abort, ends the connection.</summary>
    public static bool IsPeerFault(Exception exception) =>
        exception is IOException or SocketException or OperationCanceledException or ObjectDisposedException;

    private void ForgetMessage()
    {
        _message.Dispose();
        _inflater?.Dispose();
    }

    // What has arrived of the message is of no use any more, and the connection may take its time to end.
    private WebSocketRead Refuse(CloseReason reason)
    {
        ForgetMessage();
        return new WebSocketRead(ReadOutcome.Refused, default, reason);
    }

    private async ValueTask<WebSocketRead?> ReadControlAsync(WebSocketFrameHeader header)
    {
        var length = (int)header.PayloadLength;
        while (Buffered < length)
        {
            if (!await FillAsync())
            {
                return new WebSocketRead(ReadOutcome.Lost, default);
            }
        }

        var payload = _block.AsMemory(_start, length);
        _start += length;
        WebSocketFrameCodec.Unmask(payload.Span, header.Mask, 0);
        switch (header.Opcode)
        {
            case WebSocketOpcode.Close:
                return WebSocketClosePayload.TryRead(payload.Span, out var code)
                    ? new WebSocketRead(ReadOutcome.Close, default, CloseCode: code)
                    : Refuse(CloseReason.ProtocolError);
            case WebSocketOpcode.Ping:
                await pings.AnswerAsync(payload);
                return null;
            default:
                return null;
        }
    }

    private async ValueTask<WebSocketRead?> ReadDataAsync(WebSocketFrameHeader header)
    {
        var continues = header.Opcode == WebSocketOpcode.Continuation;
        if (continues != _fragments > 0)
        {
            return Refuse(CloseReason.ProtocolError);
        }

        if (++_fragments > options.MaxFragmentsPerMessage)
        {
            return Refuse(CloseReason.TooManyPackets);
        }

        if (header.PayloadLength > options.MaxPayloadBytes - _message.Length)
        {
            return Refuse(CloseReason.PayloadTooLarge);
        }

        if (!continues)
        {
            (_opcode, _isMessageDeflated) = (header.Opcode, header.IsDeflated);
        }

        var length = (int)header.PayloadLength;
        if (header.IsFinal && !continues && length <= Buffered)
        {
            // The common case, a small message in one frame that has arrived: used where it stands.
            var whole = _block.AsMemory(_start, length);
            _start += length;
            WebSocketFrameCodec.Unmask(whole.Span, header.Mask, 0);
            return Finish(whole);
        }

        return await AppendAsync(length, header.Mask) ?? (header.IsFinal ? Finish(_message.Written) : null);
    }

    private WebSocketRead Finish(Memory<byte> data)
    {
        _fragments = 0;
        if (_isMessageDeflated)
        {
            _inflater ??= new MessageInflater(budget, options.MaxPayloadBytes);
            var status = _inflater.TryInflate(data);
            if (status != InflateStatus.Ok)
            {
                return Refuse(status switch
                {
                    InflateStatus.TooLarge => CloseReason.PayloadTooLarge,
                    InflateStatus.BudgetSpent => CloseReason.InboundBudgetSpent,
                    _ => CloseReason.ProtocolError,
                });
            }

            data = _inflater.Message;
        }

        return new WebSocketRead(_opcode == WebSocketOpcode.Text ? ReadOutcome.Text : ReadOutcome.Binary, data);
    }

    // Null when the frame's data stands behind what the message had; else why there will be no message.
    private async ValueTask<WebSocketRead?> AppendAsync(int length, uint mask)
    {
        var start = _message.Length;
        var buffered = Math.Min(length, Buffered);
        if (!_message.TryAppend(_block.AsSpan(_start, buffered)))
        {
            return Refuse(CloseReason.InboundBudgetSpent);
        }

        _start += buffered;
        for (var rest = length - buffered; rest > 0;)
        {
            // Straight into the message: large ones are not copied through the block.
            if (!_message.TryGetSpace(out var space))
            {
                return Refuse(CloseReason.InboundBudgetSpent);
            }

            var read = await stream.ReadAsync(space[..Math.Min(rest, space.Length)]);
            if (read == 0)
            {
                return new WebSocketRead(ReadOutcome.Lost, default);
            }

            _message.Advance(read);
            rest -= read;
        }

        WebSocketFrameCodec.Unmask(_message.Written.Span[start..], mask, 0);
        return null;
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken = default)
    {
        if (_block.Length == 0)
        {
            _block = ArrayPool<byte>.Shared.Rent(BlockSize);
        }

        if (_start > 0)
        {
            _block.AsSpan(_start, Buffered).CopyTo(_block);
            _end -= _start;
            _start = 0;
        }

        // Never full here: what is waited for, a header or a control frame, is smaller than the block.
        var read = await stream.ReadAsync(_block.AsMemory(_end), cancellationToken);
        _end += read;
        return read > 0;
    }

    private void ReleaseBlock()
    {
        if (_block.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_block, clearArray: true);
            _block = [];
        }

        _start = 0;
        _end = 0;
    }
}
