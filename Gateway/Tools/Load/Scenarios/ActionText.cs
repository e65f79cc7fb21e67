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

    // What people say is made of words, and shrinks accordingly where it is compressed.
    private static readonly string[] s_words =
    [
        "the", "of", "and", "to", "in", "is", "that", "for", "it", "with", "as", "this", "file", "test", "from", "please", "run",
        "when", "there", "error", "line", "what", "all", "were", "change", "your", "can", "said", "function", "use", "an", "each", "which", "server",
        "do", "how", "their", "if", "will", "up", "other", "about", "out", "many", "then", "them", "these", "so", "some", "her", "would",
        "make", "like", "him", "into", "time", "has", "look", "two", "more", "write", "go", "see", "number",
    ];

    private static readonly byte[] s_start = "42[\"oh_user_action\",{\"action\":\"message\",\"args\":{\"content\":\""u8.ToArray();
    private static readonly byte[] s_end = "\",\"image_urls\":[]}}]"u8.ToArray();
    private static readonly byte[] s_id = "\"id\":"u8.ToArray();

    private readonly byte[] _mark = Encoding.ASCII.GetBytes($"load-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(MarkBytes))}-");
    private readonly byte[] _packet;
    private readonly byte[] _padding;

    /// <param name="size">Bytes of the text.</param>
    public ActionText(int size)
    {
        _padding = Words(size);
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

    // The same ones for every run.
    private static byte[] Words(int size)
    {
        var words = new StringBuilder();
        for (uint seed = 1; words.Length < size; seed = (seed * 1_664_525) + 1_013_904_223)
        {
            words.Append(s_words[(seed >> 16) % s_words.Length]).Append(' ');
        }

        return Encoding.ASCII.GetBytes(words.ToString(0, size));
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
