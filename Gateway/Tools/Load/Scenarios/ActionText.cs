using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Tools.Load.Scenarios;

/// <summary>
/// Actions that can be told when they are shown: their text begins with a mark of this run and a number. Owned by one scenario, on the
/// loop's thread.
/// </summary>
internal sealed class ActionText
{
    private const int MarkBytes = 3;

    private static readonly byte[] s_start = "42[\"oh_user_action\",{\"action\":\"message\",\"args\":{\"content\":\""u8.ToArray();
    private static readonly byte[] s_end = "\",\"image_urls\":[]}}]"u8.ToArray();
    private static readonly byte[] s_id = "\"id\":"u8.ToArray();

    private readonly byte[] _mark = Encoding.ASCII.GetBytes($"load-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(MarkBytes))}-");
    private readonly byte[] _packet;
    private readonly byte[] _padding;

    /// <param name="size">Bytes of the text.</param>
    public ActionText(int size)
    {
        _padding = Encoding.ASCII.GetBytes(new string('x', size));
        _packet = new byte[s_start.Length + _mark.Length + 12 + size + s_end.Length];
    }

    /// <summary>The packet of an action; valid until the next call.</summary>
    public ReadOnlySpan<byte> Packet(int number)
    {
        var packet = _packet.AsSpan();
        s_start.CopyTo(packet);
        var at = s_start.Length;
        _mark.CopyTo(packet[at..]);
        at += _mark.Length;
        Utf8Formatter.TryFormat(number, packet[at..], out var digits);
        packet[at + digits] = (byte)' ';
        var used = _mark.Length + digits + 1;
        at += digits + 1;
        var padding = _padding.AsSpan(0, Math.Max(0, _padding.Length - used));
        padding.CopyTo(packet[at..]);
        at += padding.Length;
        s_end.CopyTo(packet[at..]);
        return packet[..(at + s_end.Length)];
    }

    /// <summary>
    /// The number of the action that a stored event shows; null for all else: a title that is made of the first message says it too.
    /// </summary>
    public int? NumberOf(ReadOnlySpan<byte> head)
    {
        var at = head.IndexOf(_mark);
        return at >= 0 && IdOf(head) is not null && Utf8Parser.TryParse(head[(at + _mark.Length)..], out int number, out _) ? number : null;
    }

    /// <summary>An event's id; null when it has none.</summary>
    public static long? IdOf(ReadOnlySpan<byte> head)
    {
        var at = head.IndexOf(s_id);
        if (at < 0)
        {
            return null;
        }

        head = head[(at + s_id.Length)..].TrimStart((byte)' ');
        return Utf8Parser.TryParse(head, out long id, out _) ? id : null;
    }
}
