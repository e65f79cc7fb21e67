using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace Gateway.SocketIO;

/// <summary>
/// Reads what a program calls itself in <c>User-Agent</c>: for log lines, and for operators. It is the client's own word, so it is cut and
/// cleaned. What was read is remembered, within a bound: clients say the same few texts. Any thread.
/// </summary>
internal static partial class UserAgent
{
    /// <summary>The header of the handshake that it stands in, in lower case.</summary>
    public const string Header = "user-agent";

    private const string NotNamed = "not named";
    private const int MaxRemembered = 1_000;
    private const int MaxLength = 400;
    private const int MaxWord = 40;

    private static readonly ConcurrentDictionary<string, (string, string)> s_known = new(StringComparer.Ordinal);

    // The first that matches: browsers name others than themselves as well.
    private static readonly (string Product, string Library)[] s_products =
    [
        ("Edg", "browser (Edge)"), ("OPR", "browser (Opera)"), ("Firefox", "browser (Firefox)"), ("HeadlessChrome", "browser (Chrome)"),
        ("Chrome", "browser (Chrome)"), ("Version", "browser (Safari)"), ("aiohttp", "python-socketio (aiohttp)"),
        ("python-requests", "python-socketio (requests)"), ("okhttp", "socket.io-client-java"), ("Dart", "socket_io_client (Dart)"),
        ("CFNetwork", "socket.io-client-swift"),
    ];

    /// <summary>A program and its version; empty where it says none.</summary>
    public static (string Library, string Version) Read(string? text)
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

    /// <summary>The program and its version as one text, as <c>browser (Firefox) 128</c>; <c>not named</c> where there is none.</summary>
    public static string NameOf(string? text)
    {
        var (library, version) = Read(text);
        return version.Length == 0 ? library : $"{library} {version}";
    }

    /// <summary>A client's text that may be shown and kept: short, of letters, digits and a few signs.</summary>
    public static string Clean(string text) => string.Concat(text
        .Take(MaxWord)
        .Select(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '/' or ' ' or '(' or ')' or '+' or '#' ? c : '?'));

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
                return (library, Clean(library.StartsWith("browser", StringComparison.Ordinal) ? Major(version) : version));
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
}
