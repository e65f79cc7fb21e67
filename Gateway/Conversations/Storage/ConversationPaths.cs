using System.Globalization;

namespace Gateway.Conversations.Storage;

/// <summary>V0's file names for one conversation. Immutable.</summary>
internal sealed class ConversationPaths
{
    public const int PageSize = 25;

    private readonly string _eventPrefix;
    private readonly string _pagePrefix;

    public ConversationPaths(string root, ConversationKey key)
    {
        Directory = key.UserId is { } user
            ? Path.Join(root, "users", user.Value, "conversations", key.Id.Value)
            : Path.Join(root, "sessions", key.Id.Value);
        Events = Path.Join(Directory, "events");
        Pages = Path.Join(Directory, "event_cache");
        Metadata = Path.Join(Directory, "metadata.json");
        _eventPrefix = Events + Path.DirectorySeparatorChar;
        _pagePrefix = Pages + Path.DirectorySeparatorChar;
    }

    public string Directory { get; }

    public string Events { get; }

    public string Pages { get; }

    public string Metadata { get; }

    public string Event(int id) => string.Create(CultureInfo.InvariantCulture, $"{_eventPrefix}{id}.json");

    /// <summary>The page that begins with <paramref name="first"/>, a multiple of <see cref="PageSize"/>.</summary>
    public string Page(int first) => string.Create(CultureInfo.InvariantCulture, $"{_pagePrefix}{first}-{(long)first + PageSize}.json");

    /// <summary>The first id of the page that holds <paramref name="id"/>.</summary>
    public static int PageStart(int id) => id - (id % PageSize);

    /// <summary><c>{n}.json</c>; -1 for any other name.</summary>
    public static int ParseEvent(ReadOnlySpan<char> fileName) =>
        fileName.EndsWith(".json") ? ParseId(fileName[..^5]) : -1;

    /// <summary><c>{a}-{a+25}.json</c> with an <c>a</c> that V0 would look for; -1 for any other name.</summary>
    public static int ParsePage(ReadOnlySpan<char> fileName)
    {
        var dash = fileName.IndexOf('-');
        if (dash < 0 || !fileName.EndsWith(".json"))
        {
            return -1;
        }

        var first = ParseId(fileName[..dash]);
        return first >= 0 && first % PageSize == 0 && ParseId(fileName[(dash + 1)..^5]) == first + PageSize ? first : -1;
    }

    /// <summary>Digits alone, without leading zeros, small enough that every page of such ids can be named.</summary>
    private static int ParseId(ReadOnlySpan<char> digits) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
        && id < int.MaxValue - PageSize && (digits[0] != '0' || digits.Length == 1) ? id : -1;
}
