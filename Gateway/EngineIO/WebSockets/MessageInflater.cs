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
    private readonly InboundBuffer _message = new(budget);

    /// <summary>The message. Valid, and may be written over, until the next call.</summary>
    public Memory<byte> Message => _message.Written;

    public InflateStatus TryInflate(ReadOnlyMemory<byte> deflated)
    {
        _message.Dispose();
        try
        {
            using var source = new DeflatedSource(standAlone: true);
            source.Begin(deflated);
            using var inflate = new DeflateStream(source, CompressionMode.Decompress);
            while (true)
            {
                if (!_message.TryGetSpace(out var space))
                {
                    return InflateStatus.BudgetSpent;
                }

                var read = inflate.Read(space.Span[..Math.Min(space.Length, maxMessage - _message.Length + 1)]);
                if (read == 0)
                {
                    return source.IsRead ? InflateStatus.Ok : InflateStatus.Invalid;
                }

                _message.Advance(read);
                if (_message.Length > maxMessage)
                {
                    return InflateStatus.TooLarge;
                }
            }
        }
        catch (InvalidDataException)
        {
            return InflateStatus.Invalid;
        }
    }

    public void Dispose() => _message.Dispose();
}
