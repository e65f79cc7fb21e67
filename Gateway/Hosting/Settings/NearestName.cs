namespace Gateway.Hosting.Settings;

/// <summary>Finds the name that somebody most likely meant. Pure.</summary>
internal static class NearestName
{
    // Words that other programs have for our settings.
    private static readonly Dictionary<string, string> s_synonyms = new(StringComparer.Ordinal)
    {
        ["port"] = "urls",
        ["host"] = "urls",
        ["hostname"] = "urls",
        ["bind"] = "urls",
        ["address"] = "urls",
        ["addr"] = "urls",
        ["listen"] = "urls",
        ["ip"] = "urls",
        ["serverport"] = "urls",
        ["store"] = "Storage:Root",
        ["data"] = "Storage:Root",
        ["datadir"] = "Storage:Root",
        ["storedir"] = "Storage:Root",
        ["storagepath"] = "Storage:Root",
        ["filestore"] = "Storage:Root",
        ["apikey"] = "Access:SessionApiKey",
        ["key"] = "Conversations:SessionApiKey",
        ["sessionkey"] = "Conversations:SessionApiKey",
        ["cors"] = "Engine:AllowedOrigins",
        ["origins"] = "Engine:AllowedOrigins",
        ["corsorigins"] = "Engine:AllowedOrigins",
        ["loglevel"] = "Logging:LogLevel:Gateway",
        ["verbose"] = "Logging:LogLevel:Gateway",
        ["debug"] = "Logging:LogLevel:Gateway",
    };

    /// <summary>
    /// The name nearest to <paramref name="wanted"/>, or null when none is near: the same letters and digits, the same last segment
    /// (<c>Gateway:Agent</c> for <c>Agent</c>), another program's word, or a few letters' difference.
    /// </summary>
    public static string? Find(string wanted, IEnumerable<string> names)
    {
        var folded = Fold(wanted);
        if (folded.Length == 0)
        {
            return null;
        }

        var known = names.Select(static name => (Name: name, Folded: Fold(name), Last: Fold(LastSegment(name)))).ToList();
        var last = Fold(LastSegment(wanted));
        return known.FirstOrDefault(name => name.Folded == folded).Name
            ?? Longest(known.Where(name =>
                name.Folded.Length > 0 && folded.EndsWith(name.Folded, StringComparison.Ordinal) && name.Last == last))
            ?? s_synonyms.GetValueOrDefault(folded)
            ?? known.FirstOrDefault(name => name.Last == last).Name
            ?? Within(known.Select(name => (name.Name, Distance(folded, name.Folded))), folded.Length)
            ?? Within(known.Select(name => (name.Name, Distance(last, name.Last))), last.Length)
            ?? s_synonyms.GetValueOrDefault(last);
    }

    /// <summary>How many letters must be added, left out, replaced or swapped with their neighbour.</summary>
    public static int Distance(ReadOnlySpan<char> from, ReadOnlySpan<char> to)
    {
        var rows = new int[from.Length + 1, to.Length + 1];
        for (var i = 0; i <= from.Length; i++)
        {
            rows[i, 0] = i;
        }

        for (var j = 0; j <= to.Length; j++)
        {
            rows[0, j] = j;
        }

        for (var i = 1; i <= from.Length; i++)
        {
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = rows[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                rows[i, j] = Math.Min(replaced, Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1);
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                {
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
                }
            }
        }

        return rows[from.Length, to.Length];
    }

    private static string? Longest(IEnumerable<(string Name, string Folded, string Last)> names) =>
        names.OrderByDescending(static name => name.Folded.Length).FirstOrDefault().Name;

    // A third of the letters may differ: more than that is another word.
    private static string? Within(IEnumerable<(string Name, int Distance)> names, int length) =>
        names.Where(name => name.Distance <= length / 3).OrderBy(static name => name.Distance).FirstOrDefault().Name;

    private static string LastSegment(string name) => name[(name.LastIndexOf(':') + 1)..];

    private static string Fold(string name) => string.Concat(name.Where(char.IsAsciiLetterOrDigit)).ToLowerInvariant();
}
