using System.IO.Pipelines;

using Gateway.EngineIO.Protocol;

namespace Gateway.EngineIO.Polling;

/// <summary>
/// Writes the packets of one poll as its body, piece by piece: no more of a large body is held than one piece, and whoever asks is told
/// when the client has taken one. Used once, by the poll that owns the answer.
/// </summary>
/// <param name="output">The answer's body.</param>
/// <param name="progressed">Called when a piece of a large body has been taken.</param>
internal sealed class PayloadWriter(PipeWriter output, Action progressed)
{
    // Three divides it, as base64 asks; what has been written and not yet flushed stays near this.
    private const int PieceSize = 48 * 1_024;

    private long _unflushed;
    private bool _isFirst = true;

    /// <summary>The length of the body.</summary>
    public static long Measure(EnginePacket? first, ReadOnlySpan<EnginePacket> packets)
    {
        var length = first is { } start ? PayloadCodec.EncodedLength(start, first: true) : 0;
        foreach (ref readonly var packet in packets)
        {
            length += PayloadCodec.EncodedLength(packet, first: length == 0);
        }

        return length;
    }

    /// <summary>Writes it. False when the connection went away: what was written may be lost.</summary>
    public async ValueTask<bool> WriteAsync(EnginePacket? first, ReadOnlyMemory<EnginePacket> packets, CancellationToken cancellationToken)
    {
        if (first is { } start && !await WriteAsync(start, cancellationToken))
        {
            return false;
        }

        for (var i = 0; i < packets.Length; i++)
        {
            if (!await WriteAsync(packets.Span[i], cancellationToken))
            {
                return false;
            }
        }

        return await FlushAsync(cancellationToken);
    }

    private async ValueTask<bool> WriteAsync(EnginePacket packet, CancellationToken cancellationToken)
    {
        PayloadCodec.EncodeStart(packet, _isFirst, output);
        _isFirst = false;
        var rest = packet.Data;
        while (true)
        {
            var piece = rest[..Math.Min(PieceSize, rest.Length)];
            PayloadCodec.EncodeData(piece.Span, packet.IsBinary, output);
            _unflushed += piece.Length;
            rest = rest[piece.Length..];
            if (_unflushed >= PieceSize)
            {
                if (!await FlushAsync(cancellationToken))
                {
                    return false;
                }

                progressed();
            }

            if (rest.IsEmpty)
            {
                return true;
            }
        }
    }

    private async ValueTask<bool> FlushAsync(CancellationToken cancellationToken)
    {
        _unflushed = 0;
        var flush = await output.FlushAsync(cancellationToken);
        return !flush.IsCompleted && !flush.IsCanceled;
    }
}
