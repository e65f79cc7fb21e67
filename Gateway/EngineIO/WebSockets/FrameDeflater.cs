using Gateway.EngineIO.Protocol;
using Gateway.EngineIO.Sessions;

namespace Gateway.EngineIO.WebSockets;

/// <summary>
/// Compresses the frames of one connection while it writes: what is shared with other clients once for all of them, what is this client's
/// alone (a replay) one after the other, as long as the writing lasts. A local of the sender's run; not thread-safe.
/// </summary>
internal struct FrameDeflater(DeflateAgreement? agreement, EngineContext context) : IDisposable
{
    // Kept from message to message, or for the last message alone.
    private DeflateEncoder? _encoder;
    private bool _isCounted;

    /// <summary>
    /// The compressed payload of the packet's frame, valid until the next call; empty when the packet is to go as it is.
    /// </summary>
    public ReadOnlyMemory<byte> Deflate(in EnginePacket packet)
    {
        var length = packet.Data.Length;
        if (agreement is null || length < context.Options.CompressionThreshold || length >= agreement.LargestMessage)
        {
            return default;
        }

        if (packet.Shared is { } shared)
        {
            var deflated = shared.Get(packet);
            if (!deflated.IsEmpty)
            {
                // It goes through the client's window, where the encoder expects its own messages alone.
                Drop();
            }

            return deflated;
        }

        if (!_isCounted)
        {
            Drop();
            _isCounted = agreement.TakesOver && context.DeflateBudget.TryTake();
        }

        var encoded = (_encoder ??= new DeflateEncoder()).Encode(packet);
        if (encoded.Length < packet.Data.Length)
        {
            return encoded;
        }

        // It goes as it is, and the next one must not refer to it.
        Drop();
        return default;
    }

    public void Dispose() => Drop();

    private void Drop()
    {
        _encoder?.Dispose();
        _encoder = null;
        if (_isCounted)
        {
            _isCounted = false;
            context.DeflateBudget.Return();
        }
    }
}
