using System.Text;

using Gateway.EngineIO.Protocol;

namespace Gateway.Tools.Load.Sockets;

/// <summary>What the client makes of the bytes that come: the handshake's answer, frames, packets.</summary>
internal sealed partial class LoadClient
{
    // Once the server has agreed to compress.
    private CompressedMessages? _compressed;

    // The beginning of a frame whose head has not all come yet, and how much of one is to be passed over.
    private byte[]? _rest;
    private long _skip;

    /// <summary>So many bytes stand in the shared buffer, from <see cref="LongestRest"/> on.</summary>
    public void OnBytes(int count)
    {
        owner.OnBytes(count);
        var buffer = owner.Buffer;
        var start = LongestRest;
        if (_rest is { } rest)
        {
            start -= rest.Length;
            rest.CopyTo(buffer, start);
            _rest = null;
        }

        var bytes = buffer.AsSpan(start, LongestRest - start + count);
        if (_skip > 0)
        {
            var skipped = (int)Math.Min(_skip, bytes.Length);
            _skip -= skipped;
            bytes = bytes[skipped..];
        }

        if (State == ClientState.Upgrading && !TryUpgrade(ref bytes))
        {
            return;
        }

        while (TryReadOn(ref bytes) && ClientFrames.TryRead(bytes, out var frame))
        {
            if (_compressed?.Has(frame) == true)
            {
                bytes = bytes[frame.Size..];
                if (!_compressed.TryBegin(frame))
                {
                    End("a message is larger than any that is read");
                }

                continue;
            }

            var here = bytes[frame.Size..];
            if (here.Length < Math.Min(frame.Length, HeadBytes))
            {
                break;
            }

            var head = here[..(int)Math.Min(frame.Length, here.Length)];
            _skip = frame.Length - head.Length;
            bytes = here[head.Length..];
            OnFrame(frame, head);
        }

        if (State != ClientState.Away)
        {
            Keep(bytes);
        }
    }

    private bool TryUpgrade(ref Span<byte> bytes)
    {
        switch (UpgradeAnswer.Read(bytes, out var size, out var problem))
        {
            case true:
                State = ClientState.Opening;
                _compressed = owner.IsCompressing && UpgradeAnswer.Compression(bytes[..size]) is { } terms
                    ? new CompressedMessages(terms.ServerTakesOver)
                    : null;
                bytes = bytes[size..];
                return true;

            case null when bytes.Length <= LongestRest:
                Keep(bytes);
                return false;

            default:
                End($"handshake: {problem}");
                return false;
        }
    }

    /// <summary>Reads on in a compressed message. False when more of it is to come, and when the client has ended.</summary>
    private bool TryReadOn(ref Span<byte> bytes)
    {
        if (_compressed is { IsReading: true } compressed && compressed.TryTake(ref bytes))
        {
            var plain = owner.Plain;
            if (!compressed.TryDecode(plain))
            {
                End("a compressed message cannot be decoded");
            }
            else if (compressed.IsText)
            {
                owner.OnCompressed();
                OnPacket(plain.GetBuffer().AsSpan(0, (int)Math.Min(plain.Length, HeadBytes)));
            }
        }

        return State != ClientState.Away && _compressed is not { IsReading: true };
    }

    private void OnFrame(in ServerFrame frame, ReadOnlySpan<byte> head)
    {
        switch (frame.Opcode)
        {
            case WebSocketOpcode.Text:
                OnPacket(head);
                break;

            case WebSocketOpcode.Ping:
                SendFrame(WebSocketOpcode.Pong, head);
                break;

            case WebSocketOpcode.Close:
                End($"the server closed the WebSocket{ClientFrames.TextOfClose(head)}");
                break;

            default:
                // The rest of a message whose head was seen, or what no scenario asks for.
                break;
        }
    }

    private void OnPacket(ReadOnlySpan<byte> packet)
    {
        switch (packet)
        {
            case [(byte)'0', ..]:
                State = ClientState.Joining;
                Send("40"u8);
                break;

            case [(byte)'2', ..]:
                owner.OnPing();
                Send("3"u8);
                break;

            case [(byte)'1', ..]:
                End("the server closed the Engine.IO session");
                break;

            case [(byte)'4', (byte)'0', ..]:
                State = ClientState.Live;
                owner.OnLive(this);
                break;

            case [(byte)'4', (byte)'2', ..]:
                owner.OnEvent(this, packet);
                break;

            case [(byte)'4', (byte)'4', ..]:
                End($"refused: {Encoding.UTF8.GetString(packet[2..])}");
                break;

            case [(byte)'4', (byte)'1', ..]:
                End("the server disconnected the client");
                break;

            default:
                // Acknowledgements, and what is no business of a client at all.
                break;
        }
    }

    private void Keep(ReadOnlySpan<byte> bytes) => _rest = bytes.IsEmpty ? null : bytes.ToArray();
}
