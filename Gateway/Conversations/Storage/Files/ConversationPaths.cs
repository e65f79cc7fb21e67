using System.Globalization;

namespace Gateway.Conversations.Storage.Files;

/// <summary>V0's file names for one conversation. Immutable.</summary>
internal sealed class ConversationPaths
{
    public const int PageSize = 25;

    /// <summary>The largest event id that is served.</summary>
    public const int MaxId = EventPage.MaxId;

    /// <summary>Where deleted conversations stand until their files are deleted; beside V0's folders, so that no list shows them.</summary>
    public const string DeletedFolder = ".gateway-deleted";

    /// <summary>A name that says no id.</summary>
    public const int NoId = -1;

    /// <summary>A name that says an id above <see cref="MaxId"/>.</summary>
    public const int IdTooHigh = int.MaxValue;

    private readonly string _eventPrefix;
    private readonly string _pagePrefix;

    public ConversationPaths(string root, ConversationKey key)
    {
        Id = key.Id;
        Directory = Path.Join(Conversations(root, key.UserId), key.Id.Value);
        Events = Path.Join(Directory, "events");
        Pages = Path.Join(Directory, "event_cache");
        Metadata = Path.Join(Directory, "metadata.json");
        _eventPrefix = Events + Path.DirectorySeparatorChar;
        _pagePrefix = Pages + Path.DirectorySeparatorChar;
    }

    public ConversationId Id { get; }

    public string Directory { get; }

    public string Events { get; }

    public string Pages { get; }

    public string Metadata { get; }

    /// <summary>The folder that holds a user's conversations, or those of a server without users.</summary>
    public static string Conversations(string root, ConversationId? userId) => userId is { } user
        ? Path.Join(root, "users", user.Value, "conversations")
        : Path.Join(root, "sessions");

    public string Event(int id) => string.Create(CultureInfo.InvariantCulture, $"{_eventPrefix}{id}.json");

    /// <summary>The page that begins with <paramref name="first"/>, a multiple of <see cref="PageSize"/>.</summary>
    public string Page(int first) => string.Create(CultureInfo.InvariantCulture, $"{_pagePrefix}{first}-{(long)first + PageSize}.json");

    /// <summary>The first id of the page that holds <paramref name="id"/>.</summary>
    public static int PageStart(int id) => id - (id % PageSize);

    /// <summary><c>{n}.json</c>; <see cref="NoId"/> or <see cref="IdTooHigh"/> for any other name.</summary>
    public static int ParseEvent(ReadOnlySpan<char> fileName) =>
        fileName.EndsWith(".json") ? ParseId(fileName[..^5]) : NoId;

    /// <summary><c>{a}-{a+25}.json</c> with an <c>a</c> that V0 would look for; as <see cref="ParseEvent"/> for any other name.</summary>
    public static int ParsePage(ReadOnlySpan<char> fileName)
    {
        var dash = fileName.IndexOf('-');
        if (dash < 0 || !fileName.EndsWith(".json"))
        {
            return NoId;
        }

        var first = ParseId(fileName[..dash]);
        var end = ParseId(fileName[(dash + 1)..^5]);
        if (first == IdTooHigh)
        {
            return end == IdTooHigh ? IdTooHigh : NoId;
        }

        return first >= 0
            && first % PageSize == 0
            && (end == first + PageSize || (end == IdTooHigh && first == PageStart(MaxId))) ? first : NoId;
    }

    /// <summary>Digits alone, without leading zeros.</summary>
    private static int ParseId(ReadOnlySpan<char> digits)
    {
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange('0', '9') || (digits[0] == '0' && digits.Length > 1))
        {
            return NoId;
        }

        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id <= MaxId ? id : IdTooHigh;
    }
}
