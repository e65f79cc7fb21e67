using System.Text.RegularExpressions;

using Gateway.Primitives.Json;

namespace Gateway.Tools.Verify.Rest;

/// <summary>
/// Conversations that are made in a session have other ids at the target than in the recording. Learns which stands for which from the
/// answers to POST, and puts one in the place of the other, the five digits in a default title included. Thread-safe.
/// </summary>
internal sealed partial class LiveIds
{
    private const int DigitsInTitle = 5;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, string> _live = [];
    private readonly Dictionary<string, string> _recorded = [];

    /// <summary>Both are answers to the same POST.</summary>
    public void Learn(string recordedBody, string liveBody)
    {
        if (IdOf(recordedBody) is not { } recorded || IdOf(liveBody) is not { } live)
        {
            return;
        }

        lock (_lock)
        {
            Add(_live, recorded, live);
            Add(_recorded, live, recorded);
        }
    }

    /// <summary>A text for the target: a path, a body, a frame.</summary>
    public string ToLive(string text) => Replace(text, _live);

    /// <summary>A text of the target's, as the recording would have it.</summary>
    public string ToRecorded(string text) => Replace(text, _recorded);

    private static string? IdOf(string body) =>
        JsonTree.ReadOrNull(body).TextOrNull("conversation_id") is { Length: >= 2 * DigitsInTitle } id ? id : null;

    private static void Add(Dictionary<string, string> map, string from, string to)
    {
        map[from] = to;
        map["Conversation " + from[..DigitsInTitle]] = "Conversation " + to[..DigitsInTitle];
    }

    private string Replace(string text, Dictionary<string, string> map)
    {
        lock (_lock)
        {
            return map.Count == 0 ? text : Names().Replace(text, match => map.GetValueOrDefault(match.Value) ?? match.Value);
        }
    }

    // An id of V0's: 32 hex digits, or as a UUID. In the default title: five of them, and no more.
    [GeneratedRegex(
        """(?<![0-9A-Za-z])(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![0-9A-Za-z])|Conversation [0-9a-f]{5}(?![0-9A-Za-z])""")]
    private static partial Regex Names();
}
