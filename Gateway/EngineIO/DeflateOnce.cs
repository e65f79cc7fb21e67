using Gateway.EngineIO.Protocol;

namespace Gateway.EngineIO;

/// <summary>
/// The compressed form of a message that is sent to several clients: made when the first one wants it, the same bytes for all. It stands
/// alone, so nothing of another client's frames can be in it. Lives as long as the message. Any thread; who comes while it is being made
/// waits the microseconds that it takes.
/// </summary>
internal class DeflateOnce : ISharedDeflate
{
    private byte[]? _deflated;

    /// <summary>Guards what is made once, here and in a class that adds to it.</summary>
    protected Lock Making { get; } = new();

    ReadOnlyMemory<byte> ISharedDeflate.Get(in EnginePacket packet)
    {
        if (Volatile.Read(ref _deflated) is { } made)
        {
            return made;
        }

        lock (Making)
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
