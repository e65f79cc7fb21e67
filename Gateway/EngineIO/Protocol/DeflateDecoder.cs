using System.IO.Compression;

namespace Gateway.EngineIO.Protocol;

/// <summary>
/// Opens compressed messages (RFC 7692) of one sender, each in the context of those before it: for who reads what a server has sent. It has
/// a window of 32 KB from the first message on. One owner.
/// </summary>
/// <param name="keepsContext">False: the sender begins each message anew.</param>
internal sealed class DeflateDecoder(bool keepsContext) : IDisposable
{
    private const int PieceBytes = 8 * 1024;

    private readonly DeflatedSource _source = new(standAlone: false);
    private DeflateStream? _inflater;

    /// <summary>Appends what the message says.</summary>
    /// <param name="maxMessage">The most bytes that it may be.</param>
    /// <returns>False when it cannot be opened, or is larger: what follows cannot be either then.</returns>
    public bool TryDecode(ReadOnlyMemory<byte> message, MemoryStream plain, int maxMessage)
    {
        if (!keepsContext)
        {
            _inflater?.Dispose();
            _inflater = null;
        }

        _inflater ??= new DeflateStream(_source, CompressionMode.Decompress, leaveOpen: true);
        _source.Begin(message);
        Span<byte> piece = stackalloc byte[PieceBytes];
        var most = plain.Length + maxMessage;
        try
        {
            for (int read; (read = _inflater.Read(piece)) > 0;)
            {
                plain.Write(piece[..read]);
                if (plain.Length > most)
                {
                    return false;
                }
            }
        }
        catch (InvalidDataException)
        {
            return false;
        }

        return true;
    }

    public void Dispose() => _inflater?.Dispose();
}
