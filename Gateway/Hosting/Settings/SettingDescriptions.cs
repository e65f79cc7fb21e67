using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace Gateway.Hosting.Settings;

/// <summary>
/// What each setting is, in the words of <c>docs/settings.md</c>, which the program carries along. The page is made from the comments of
/// the options classes, so that all three say the same. Immutable; any thread.
/// </summary>
internal static partial class SettingDescriptions
{
    private static readonly string s_page = ReadPage();

    private static readonly FrozenDictionary<string, string> s_settings =
        Row().Matches(s_page).ToFrozenDictionary(static row => row.Groups["key"].Value, static row => Plain(row.Groups["words"].Value));

    private static readonly FrozenDictionary<string, string> s_sections =
        Title().Matches(s_page).ToFrozenDictionary(
            static title => title.Groups["name"].Value, static title => Plain(title.Groups["words"].Value));

    /// <summary>What the setting of this full name is, and its bounds; null for a name that is none.</summary>
    public static string? Of(string key) => s_settings.GetValueOrDefault(key);

    /// <summary>What the section is for; null where the page does not say.</summary>
    public static string? OfSection(string name) => s_sections.GetValueOrDefault(name);

    private static string ReadPage()
    {
        using var stream = typeof(SettingDescriptions).Assembly.GetManifestResourceStream("settings.md")
            ?? throw new InvalidOperationException("The page of settings is not in the program.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }

    private static string Plain(string words) =>
        words.Replace("`", "", StringComparison.Ordinal).Replace("\\|", "|", StringComparison.Ordinal);

    // Of a table's four columns the first and the last.
    [GeneratedRegex(@"^\| `(?<key>[\w:]+)` \|[^|\n]*\|[^|\n]*\| (?<words>.+) \|$", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Row();

    [GeneratedRegex(@"^## (?<name>\w+)\n\n(?<words>[^|\n].*)$", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Title();
}
