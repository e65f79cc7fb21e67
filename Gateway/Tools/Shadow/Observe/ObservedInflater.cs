using System.IO.Compression;

using Gateway.EngineIO.Protocol;

namespace Gateway.Tools.Shadow.Observe;

/// <summary>Opens compressed WebSocket messages (RFC 7692) of one direction, each in the context of those before it. One owner.</summary>
/// <param name="keepsContext">False: the sender begins each message anew.</param>
internal sealed class ObservedInflater(bool keepsContext, int maxMessage) : IDisposable
{
    private readonly DeflatedSource _source = new(standAlone: false);
    private DeflateStream? _inflater;

    /// <returns>Null when it cannot be opened, or is larger than is kept: what follows cannot be either then.</returns>
    public byte[]? TryInflate(ReadOnlyMemory<byte> message)
    {
        if (!keepsContext)
        {
            _inflater?.Dispose();
            _inflater = null;
        }

        _inflater ??= new DeflateStream(_source, CompressionMode.Decompress, leaveOpen: true);
        _source.Begin(message);
        using var plain = new MemoryStream();
        var buffer = new byte[8 * 1024];
        try
        {
            for (int read; (read = _inflater.Read(buffer)) > 0;)
            {
                plain.Write(buffer, 0, read);
                if (plain.Length > maxMessage)
                {
                    return null;
                }
            }
        }
        catch (InvalidDataException)
        {
            return null;
        }

        return plain.ToArray();
    }

    public void Dispose() => _inflater?.Dispose();
}
