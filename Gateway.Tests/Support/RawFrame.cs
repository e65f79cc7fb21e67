using System.Buffers.Binary;
using System.Text;

namespace Gateway.Tests.Support;

/// <summary>A server's WebSocket frame as it stood on the wire. Immutable.</summary>
internal sealed record RawFrame(byte First, byte[] Payload)
{
    public int Opcode => First & 0x0F;

    public bool IsFinal => (First & 0x80) != 0;

    public string Text => Encoding.UTF8.GetString(Payload);

    /// <summary>Of a close frame.</summary>
    public int CloseCode => BinaryPrimitives.ReadUInt16BigEndian(Payload);

    /// <summary>Of a close frame.</summary>
    public string CloseText => Encoding.UTF8.GetString(Payload.AsSpan(2));
}
