using System.Globalization;
using System.Text;

namespace Gateway.Conversations.Storage.Postgres;

/// <summary>
/// That there is something new in a conversation: a hint for other gateways to look. What it says stands in the database too.
/// </summary>
/// <param name="Head">The conversation's events go to this id.</param>
/// <param name="HasMessages">There is a message without an id, too.</param>
internal readonly record struct NodeNotice(ConversationKey Key, int Head, bool HasMessages);

/// <summary>
/// Notices as the text of one NOTIFY: the sender's name, then <c>conversation:head</c> pairs, <c>conversation/user:head</c> for one with a
/// user, with a <c>+</c> behind where there are messages. An empty text says that there is more than it can hold: look everywhere. Pure.
/// </summary>
internal static class NodeNotices
{
    /// <summary>PostgreSQL takes less than 8,000 bytes. All of it is ASCII.</summary>
    public const int MaxBytes = 7_999;

    /// <summary>The text for these notices; empty when they are too many for one.</summary>
    public static string Encode(string sender, IEnumerable<NodeNotice> notices)
    {
        var text = new StringBuilder(sender);
        foreach (var notice in notices)
        {
            text.Append(' ').Append(notice.Key.Id.Value);
            if (notice.Key.UserId is { } user)
            {
                text.Append('/').Append(user.Value);
            }

            text.Append(CultureInfo.InvariantCulture, $":{notice.Head}").Append(notice.HasMessages ? "+" : "");
            if (text.Length > MaxBytes)
            {
                return "";
            }
        }

        return text.ToString();
    }

    /// <summary>
    /// What a text says to whom it reaches; null: look everywhere. Its sender is told nothing. What cannot be read is as if it were empty.
    /// </summary>
    public static IReadOnlyList<NodeNotice>? Decode(string text, string receiver)
    {
        var parts = text.Split(' ');
        if (parts[0] == receiver)
        {
            return [];
        }

        var notices = new List<NodeNotice>();
        foreach (var part in parts.Skip(1))
        {
            if (!TryParse(part, out var notice))
            {
                return null;
            }

            notices.Add(notice);
        }

        return notices.Count > 0 ? notices : null;
    }

    private static bool TryParse(string part, out NodeNotice notice)
    {
        notice = default;
        var hasMessages = part.EndsWith('+');
        var pair = part.TrimEnd('+').Split(':');
        if (pair.Length != 2 || !int.TryParse(pair[1], CultureInfo.InvariantCulture, out var head))
        {
            return false;
        }

        var names = pair[0].Split('/');
        ConversationId user = default;
        if (names.Length > 2 || !ConversationId.TryParse(names[0], out var id)
            || (names.Length == 2 && !ConversationId.TryParse(names[1], out user)))
        {
            return false;
        }

        notice = new NodeNotice(new ConversationKey(id, names.Length == 2 ? user : null), head, hasMessages);
        return true;
    }
}
