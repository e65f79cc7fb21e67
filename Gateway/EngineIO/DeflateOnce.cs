using Gateway.EngineIO.Protocol;

namespace Gateway.EngineIO;

/// <summary>
/// The compressed form of a message that is sent to several clients: made when the first one wants it, the same bytes for all. It stands
/// alone, so nothing of another client's frames can be in it. Lives as long as the message. Any thread; who comes while it is being made
/// waits the microseconds that it takes.
/// </summary>
internal sealed class DeflateOnce : ISharedDeflate
{
    private readonly Lock _lock = new();
    private byte[]? _deflated;

    ReadOnlyMemory<byte> ISharedDeflate.Get(in EnginePacket packet)
    {
        if (Volatile.Read(ref _deflated) is { } made)
        {
            return made;
        }

        lock (_lock)
        {
            if (_deflated is null)
            {
                using var encoder = new DeflateEncoder();
                var encoded = encoder.Encode(packet);
                Volatile.Write(ref _deflated, encoded.Length < packet.Data.Length ? encoded.ToArray() : []);
            }

            return _deflated;
        }
    }
}
