namespace Gateway.Agents.Canary;

/// <summary>A header or a cookie by which a request is told from others. Immutable.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">The one value that counts; null when any does that is not empty.</param>
internal sealed record RequestMark(string Name, string? Value)
{
    /// <summary>Null for what is neither a name nor <c>name=value</c>.</summary>
    public static RequestMark? TryParse(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var mark = equals < 0 ? new RequestMark(text.Trim(), null) : new RequestMark(text[..equals].Trim(), text[(equals + 1)..].Trim());
        return mark.Name.Length > 0 && mark.Name.All(IsNameCharacter) && mark.Value is not "" ? mark : null;
    }

    /// <summary>Whether one of the values that a request has under the name is the one that counts.</summary>
    public bool Is(IEnumerable<string?> values) => values.Any(value => Value is null ? !string.IsNullOrEmpty(value) : value == Value);

    // A token of RFC 9110, 5.6.2.
    private static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal);
}
