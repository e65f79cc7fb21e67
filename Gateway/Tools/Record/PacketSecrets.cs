using System.Buffers;
using System.Text;

using Gateway.Primitives;
using Gateway.SocketIO.Protocol;
using Gateway.Tools.Har;

namespace Gateway.Tools.Record;

/// <summary>
/// Takes the secrets out of Engine.IO packets, whatever carries them, MessagePack's CONNECT among them. Thread-safe as the redactor is.
/// </summary>
internal sealed class PacketSecrets(SecretRedactor redactor)
{
    private const string ConnectPrefix = "40";

    /// <param name="isBinary">The packet is bytes.</param>
    /// <param name="data">Its text; of a binary one, its bytes in base64.</param>
    public string Redact(bool isBinary, string data) => isBinary ? RedactBytes(data) : redactor.RedactText(data);

    /// <summary>A polling body; of anything else, as a text.</summary>
    public string RedactPayload(string body) => SocketRecordingReader.MapPayload(body, Redact);

    private string RedactBytes(string base64)
    {
        var bytes = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64, bytes, out var length)
            || MessagePackCodec.TryDecode(bytes.AsMemory(0, length), maxAttachments: 0, int.MaxValue, out var packet, out _)
                != SocketDecodeStatus.Ok
            || packet.Type != SocketPacketType.Connect
            || packet.Payload.IsEmpty)
        {
            return base64;
        }

        var auth = ConnectPrefix + Encoding.UTF8.GetString(packet.Payload.Span);
        var shown = redactor.RedactText(auth);
        if (shown == auth)
        {
            return base64;
        }

        var output = new ArrayBufferWriter<byte>(length);
        MessagePackEncoder.Write(
            SocketPacketType.Connect,
            Encoding.UTF8.GetBytes(packet.Namespace),
            packet.AckId,
            Encoding.UTF8.GetBytes(shown[ConnectPrefix.Length..]),
            [],
            output);
        return Convert.ToBase64String(output.WrittenSpan);
    }
}
