using System.Text.RegularExpressions;

namespace Gateway.Primitives;

/// <summary>
/// Takes secrets out of what is written down: logs and recordings. A secret is a <c>session_api_key</c>, a <c>sid</c>, a cookie, or an
/// Authorization or X-Session-API-Key header, wherever it stands: in a query, a header, a JSON text, a frame; and what a client shows in
/// the auth payload of its CONNECT (<see cref="ConnectSecrets"/>). What takes its place is the owner's choice (a log: always the same; a
/// recording: one name for one secret, so that it can still be played). Pure and thread-safe as <paramref name="replace"/> is.
/// </summary>
/// <param name="replace">Gives what stands for a secret, and leaves as it is what it has given once.</param>
internal sealed partial class SecretRedactor(Func<string, string> replace)
{
    public const string Mask = "***";

    /// <summary>For logs: every secret becomes <see cref="Mask"/>.</summary>
    public static SecretRedactor ForLogs { get; } = new(static _ => Mask);

    private static readonly string[] s_secretHeaders =
        ["authorization", "proxy-authorization", "cookie", "set-cookie", "x-session-api-key"];

    private static readonly string[] s_secretParameters = ["session_api_key", "sid"];

    public static bool IsSecretHeader(string name) => s_secretHeaders.Contains(name, StringComparer.OrdinalIgnoreCase);

    public static bool IsSecretParameter(string name) => s_secretParameters.Contains(name, StringComparer.OrdinalIgnoreCase);

    /// <summary>The header's value, or what stands for it when the header is a secret one.</summary>
    public string RedactHeader(string name, string value) => IsSecretHeader(name) && value.Length > 0 ? replace(value) : RedactText(value);

    /// <summary>
    /// A URL or a bare query (<c>a=b&amp;c=d</c>). Parameter names are compared decoded; a value may itself hold a query, and goes as a
    /// whole.
    /// </summary>
    public string RedactUrl(string url)
    {
        var start = url.IndexOf('?', StringComparison.Ordinal) + 1;
        var fragment = url.IndexOf('#', start);
        var query = fragment < 0 ? url[start..] : url[start..fragment];
        if (!query.Contains('=', StringComparison.Ordinal))
        {
            return url;
        }

        var pairs = query.Split('&').Select(RedactPair);
        return string.Concat(url.AsSpan(0, start), string.Join('&', pairs), fragment < 0 ? "" : url.AsSpan(fragment));
    }

    /// <summary>Any text: a log line, a JSON body, an Engine.IO or Socket.IO frame, a polling payload of several.</summary>
    public string RedactText(string text)
    {
        text = ConnectSecrets.Redact(text, replace);
        if (text.Length == 0 || !MayHoldSecret().IsMatch(text))
        {
            return text;
        }

        text = JsonMember().Replace(text, ReplaceValue);
        text = EscapedJsonMember().Replace(text, ReplaceValue);
        text = HeaderLine().Replace(text, ReplaceValue);
        return QueryParameter().Replace(text, ReplaceValue);
    }

    private string RedactPair(string pair)
    {
        var equals = pair.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0 || equals == pair.Length - 1 || !IsSecretParameter(Uri.UnescapeDataString(pair[..equals])))
        {
            return pair;
        }

        return string.Concat(pair.AsSpan(0, equals + 1), replace(Uri.UnescapeDataString(pair[(equals + 1)..].Replace('+', ' '))));
    }

    private string ReplaceValue(Match match)
    {
        var value = match.Groups["value"];
        if (value.Length == 0)
        {
            return match.Value;
        }

        var before = match.Value.AsSpan(0, value.Index - match.Index);
        var after = match.Value.AsSpan(value.Index - match.Index + value.Length);
        return string.Concat(before, replace(value.Value), after);
    }

    // A cheap test first: most lines and frames hold no secret.
    [GeneratedRegex("sid|session(?:_|%5F)api(?:_|%5F)key|authorization|cookie|x-session-api-key",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex MayHoldSecret();

    [GeneratedRegex(
        """(?<!\\)"(?:sid|session_api_key|(?:proxy-)?authorization|(?:set-)?cookie|x-session-api-key)"\s*:\s*"(?<value>(?:[^"\\]|\\.)*)""",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex JsonMember();

    // JSON kept as a string inside JSON: the quotes are escaped, once or more.
    [GeneratedRegex(
        """(?<quote>\\+")(?:sid|session_api_key|(?:proxy-)?authorization|(?:set-)?cookie|x-session-api-key)\k<quote>\s*:\s*\k<quote>(?<value>.*?)\k<quote>""",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex EscapedJsonMember();

    [GeneratedRegex(
        """(?<![\w-])(?:(?:proxy-)?authorization|(?:set-)?cookie|x-session-api-key)\s*[:=]\s*(?<value>[^\s"'][^\r\n"']*)""",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex HeaderLine();

    [GeneratedRegex("""(?<!\w)(?:sid|session(?:_|%5F)api(?:_|%5F)key)=(?<value>[^&\s"'<>#\\,;)\]}]+)""",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex QueryParameter();
}
