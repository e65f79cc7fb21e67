using System.IO.Compression;

using Gateway.EngineIO.Admission;
using Gateway.EngineIO.Protocol;

namespace Gateway.EngineIO.WebSockets;

/// <summary>What <see cref="MessageInflater.TryInflate"/> came to.</summary>
internal enum InflateStatus
{
    Ok,

    /// <summary>No deflate stream that ends with the message.</summary>
    Invalid,

    /// <summary>Larger than a message may be.</summary>
    TooLarge,

    /// <summary>The <see cref="InboundBudget"/> is spent.</summary>
    BudgetSpent,
}

/// <summary>
/// Decompresses a client's messages (RFC 7692, 7.2.2), each alone. Stops at the limit, whatever the message would become: what it holds is
/// what it has made so far, counted against the budget. Owned by one reader; not thread-safe.
/// </summary>
internal sealed class MessageInflater(InboundBudget budget, int maxMessage) : IDisposable
{
    // Senders that end a stream do so once for each piece that they flush. Each end costs as much as some KB of plain data.
    private const int MostFinalBlocks = 16;
    private const int ScratchBytes = 4 * 1_024;

    private readonly InboundBuffer _message = new(budget);

    /// <summary>The message. Valid, and may be written over, until the next call.</summary>
    public Memory<byte> Message => _message.Written;

    public InflateStatus TryInflate(ReadOnlyMemory<byte> deflated)
    {
        _message.Dispose();
        try
        {
            using var source = new DeflatedSource(standAlone: true);
            for (var finals = 0; finals <= MostFinalBlocks; finals++)
            {
                source.Begin(deflated);
                if (InflateStream(source) is not InflateStatus.Ok and var status)
                {
                    return status;
                }

                if (source.IsRead)
                {
                    return InflateStatus.Ok;
                }

                // RFC 7692, 7.2.3.4: a block of the message itself had BFINAL set, and what follows it is a stream of its own.
                deflated = deflated[FindEnd(source, deflated)..];
            }

            return InflateStatus.Invalid;
        }
        catch (InvalidDataException)
        {
            return InflateStatus.Invalid;
        }
    }

    public void Dispose() => _message.Dispose();

    /// <summary>Appends what the stream says, up to its last block.</summary>
    private InflateStatus InflateStream(DeflatedSource source)
    {
        using var inflate = new DeflateStream(source, CompressionMode.Decompress, leaveOpen: true);
        while (true)
        {
            if (!_message.TryGetSpace(out var space))
            {
                return InflateStatus.BudgetSpent;
            }

            var read = inflate.Read(space.Span[..Math.Min(space.Length, maxMessage - _message.Length + 1)]);
            if (read == 0)
            {
                return InflateStatus.Ok;
            }

            _message.Advance(read);
            if (_message.Length > maxMessage)
            {
                return InflateStatus.TooLarge;
            }
        }
    }

    /// <summary>
    /// Where the stream that was just read ends. .NET reads in pieces and does not say how much of the last one it has used: the stream is
    /// read once more, the piece in which it ends byte by byte.
    /// </summary>
    private static int FindEnd(DeflatedSource source, ReadOnlyMemory<byte> deflated)
    {
        source.Begin(deflated, singleFrom: source.LastReadAt);
        using var inflate = new DeflateStream(source, CompressionMode.Decompress, leaveOpen: true);
        Span<byte> scratch = stackalloc byte[ScratchBytes];
        while (inflate.Read(scratch) > 0)
        {
            // It has been appended already.
        }

        return source.BytesRead;
    }
}
