using System.Globalization;
using System.Security.Cryptography;
using System.Text;

using Gateway.Agents.V1.Upstream;
using Gateway.Conversations;

namespace Gateway.Tools.History.ToV1;

/// <summary>V1's ids for what comes from V0: the same each time, so that a second run finds what the first one has written. Pure.</summary>
internal static class HistoryIds
{
    /// <summary>V0's id where it is a UUID, as V0 makes them; otherwise one made of it.</summary>
    public static Guid OfConversation(ConversationId id) =>
        ConversationUuid.TryParse(id, out var uuid) ? uuid : Of($"conversation {id.Value}");

    /// <param name="part">Which of the events that stand for one of V0's.</param>
    public static string OfEvent(Guid conversation, int v0Id, string part) =>
        Of(string.Create(CultureInfo.InvariantCulture, $"{conversation:D} {v0Id} {part}")).ToString("D");

    private static Guid Of(string text)
    {
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16);

        // RFC 9562: version 8 is for ids that are made in a way of one's own.
        digest[6] = (byte)((digest[6] & 0x0f) | 0x80);
        digest[8] = (byte)((digest[8] & 0x3f) | 0x80);
        return new Guid(digest, bigEndian: true);
    }
}
