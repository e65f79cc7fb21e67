using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace Gateway.SocketIO;

/// <summary>
/// Reads what a program calls itself in <c>User-Agent</c>: for log lines, and for operators. It is the client's own word, so it is cut and
/// cleaned, and no more is made of it than it says: <c>aiohttp</c> is called that, whatever library is above it. Two Socket.IO clients give
/// themselves away: the one for Node.js by its own name for its requests, python-socketio by how it writes its timestamp. What was read is
/// remembered, within a bound: clients say the same few texts. Any thread.
/// </summary>
internal static partial class UserAgent
{
    /// <summary>The header of the handshake that it stands in, in lower case.</summary>
    public const string Header = "user-agent";

    /// <summary>The parameter of the query by which Engine.IO clients keep caches out.</summary>
    public const string Timestamp = "t";

    private const string NotNamed = "not named";
    private const string PythonSocketIO = "python-socketio";
    private const string Browser = "browser (";
    private const int MaxRemembered = 1_000;
    private const int MaxLength = 400;
    private const int MaxWord = 40;

    private static readonly ConcurrentDictionary<string, (string, string)> s_known = new(StringComparer.Ordinal);

    // The first that matches: browsers name others than themselves as well, and libraries the language or the app that they are in.
    private static readonly (string Product, string Library)[] s_products =
    [
        ("Edg", "browser (Edge)"), ("OPR", "browser (Opera)"), ("Firefox", "browser (Firefox)"), ("HeadlessChrome", "browser (Chrome)"),
        ("Chrome", "browser (Chrome)"), ("Version", "browser (Safari)"), ("aiohttp", "aiohttp"), ("websockets", "websockets"),
        ("CFNetwork", "CFNetwork"),
    ];

    /// <summary>A program and its version; empty where it says none.</summary>
    /// <param name="text">The header.</param>
    /// <param name="timestamp">The query's <see cref="Timestamp"/>; null or empty when there is none.</param>
    public static (string Library, string Version) Read(string? text, string? timestamp)
    {
        var (library, version) = Read(text);
        return !PythonTime().IsMatch(timestamp ?? "") || library.StartsWith(Browser, StringComparison.Ordinal) ? (library, version)
            : library == NotNamed ? (PythonSocketIO, "")
            : ($"{PythonSocketIO} with {library}", version);
    }

    /// <summary>The program and its version as one text, as <c>browser (Firefox) 128</c>; <c>not named</c> where there is none.</summary>
    public static string NameOf(string? text, string? timestamp)
    {
        var (library, version) = Read(text, timestamp);
        return version.Length == 0 ? library : $"{library} {version}";
    }

    /// <summary>A client's text that may be shown and kept: short, of letters, digits and a few signs.</summary>
    public static string Clean(string text) => string.Concat(text
        .Take(MaxWord)
        .Select(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '/' or ' ' or '(' or ')' or '+' or '#' ? c : '?'));

    private static (string Library, string Version) Read(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return (NotNamed, "");
        }

        if (text.Length > MaxLength)
        {
            text = text[..MaxLength];
        }

        if (s_known.TryGetValue(text, out var known))
        {
            return known;
        }

        if (s_known.Count >= MaxRemembered)
        {
            s_known.Clear();
        }

        return s_known[text] = Parse(text);
    }

    private static (string, string) Parse(string text)
    {
        if (text.StartsWith("node-XMLHttpRequest", StringComparison.OrdinalIgnoreCase))
        {
            return ("socket.io-client (Node)", "");
        }

        var products = Product().Matches(text).ToDictionaryOfFirst();
        foreach (var (product, library) in s_products)
        {
            if (products.TryGetValue(product, out var version))
            {
                return (library, Clean(library.StartsWith(Browser, StringComparison.Ordinal) ? Major(version) : version));
            }
        }

        var first = Product().Match(text);
        return first.Success
            ? (Clean(first.Groups["name"].Value), Clean(first.Groups["version"].Value))
            : (Clean(text), "");
    }

    // A browser's other numbers change every few days.
    private static string Major(string version) => version.Split('.')[0];

    private static Dictionary<string, string> ToDictionaryOfFirst(this MatchCollection matches)
    {
        var products = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (Match match in matches)
        {
            products.TryAdd(match.Groups["name"].Value, match.Groups["version"].Value);
        }

        return products;
    }

    [GeneratedRegex(@"(?<name>[A-Za-z][\w.-]*)/(?<version>[\w.+-]+)", RegexOptions.CultureInvariant)]
    private static partial Regex Product();

    // Seconds since 1970 as Python writes them; JavaScript's clients write letters as well.
    [GeneratedRegex(@"^\d{9,11}\.\d{1,7}$", RegexOptions.CultureInvariant)]
    private static partial Regex PythonTime();
}
