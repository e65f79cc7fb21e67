using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

using Gateway.EngineIO.Protocol;

namespace Gateway.Tools.Shadow.Observe;

/// <summary>A whole WebSocket message, or a close frame.</summary>
/// <param name="Text">Of a binary one its bytes in base64; of a close its reason.</param>
/// <param name="CloseCode">Null for a message; 1005 for a close that says none.</param>
internal readonly record struct SocketMessage(bool IsBinary, string Text, int? CloseCode);

/// <summary>Reads the frames of one direction of a WebSocket (RFC 6455), pings and pongs left out. One owner.</summary>
/// <param name="decoder">Null when the connection compresses nothing.</param>
internal sealed class FrameReader(DeflateDecoder? decoder, int maxMessage) : IDisposable
{
    private const int NoStatus = 1005;

    private readonly MemoryStream _message = new();
    private bool _isBinary;
    private bool _isCompressed;

    /// <summary>It is none that can be read, or one message is larger than is kept.</summary>
    public bool IsFailed { get; private set; }

    public bool TryRead(ByteQueue bytes, out SocketMessage message)
    {
        message = default;
        while (!IsFailed && TryReadHeader(bytes.Bytes, out var header))
        {
            if (header.Length > maxMessage || _message.Length + header.Length > maxMessage)
            {
                IsFailed = true;
                return false;
            }

            var whole = header.Size + (int)header.Length;
            if (bytes.Count < whole)
            {
                return false;
            }

            var payload = bytes.Writable[header.Size..whole];
            if (header.MaskLength > 0)
            {
                WebSocketFrameCodec.Unmask(payload, MemoryMarshal.Read<uint>(bytes.Bytes[(header.Size - header.MaskLength)..]), 0);
            }

            var isOne = TryTake(header, payload, out message);
            bytes.Skip(whole);
            if (isOne)
            {
                return true;
            }
        }

        return false;
    }

    public void Dispose() => decoder?.Dispose();

    private bool TryTake(Header header, ReadOnlySpan<byte> payload, out SocketMessage message)
    {
        message = default;
        switch (header.Opcode)
        {
            case 8:
                var code = payload.Length >= 2 ? BinaryPrimitives.ReadUInt16BigEndian(payload) : NoStatus;
                message = new SocketMessage(false, payload.Length > 2 ? Encoding.UTF8.GetString(payload[2..]) : "", code);
                return true;
            case 9 or 10:
                return false;
            case 1 or 2:
                (_isBinary, _isCompressed) = (header.Opcode == 2, header.IsCompressed);
                break;
        }

        _message.Write(payload);
        if (!header.IsLast)
        {
            return false;
        }

        var whole = _isCompressed ? Decode(_message.GetBuffer().AsMemory(0, (int)_message.Length)) : _message.ToArray();
        _message.SetLength(0);
        if (_message.Capacity > 64 * 1024)
        {
            _message.Capacity = 0;
        }

        if (whole is null)
        {
            IsFailed = true;
            return false;
        }

        message = new SocketMessage(_isBinary, _isBinary ? Convert.ToBase64String(whole) : Encoding.UTF8.GetString(whole), null);
        return true;
    }

    private byte[]? Decode(ReadOnlyMemory<byte> message)
    {
        using var plain = new MemoryStream();
        return decoder?.TryDecode(message, plain, maxMessage) == true ? plain.ToArray() : null;
    }

    private static bool TryReadHeader(ReadOnlySpan<byte> bytes, out Header header)
    {
        header = default;
        if (bytes.Length < 2)
        {
            return false;
        }

        long length = bytes[1] & 0x7f;
        var size = length switch { 126 => 4, 127 => 10, _ => 2 };
        var mask = (bytes[1] & 0x80) != 0 ? 4 : 0;
        if (bytes.Length < size + mask)
        {
            return false;
        }

        length = size switch
        {
            4 => BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            10 => (long)Math.Min(BinaryPrimitives.ReadUInt64BigEndian(bytes[2..]), long.MaxValue),
            _ => length,
        };
        header = new Header(bytes[0] & 0x0f, (bytes[0] & 0x80) != 0, (bytes[0] & 0x40) != 0, length, size + mask, mask);
        return true;
    }

    private readonly record struct Header(int Opcode, bool IsLast, bool IsCompressed, long Length, int Size, int MaskLength);
}
