using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;

using Gateway.Agents;
using Gateway.Hosting.Settings;
using Gateway.Tests.Support;

namespace Gateway.Tests.Docs;

/// <summary>
/// The tables of <c>Gateway/docs/settings.md</c>, made from the options classes: names, defaults and bounds as the program has them, and
/// the words from the comments in their source. Stateless.
/// </summary>
internal static partial class SettingsPage
{
    private const string AgentWords = "Who answers: nobody, a small scripted agent, a recording, or a V1 agent-server.";

    /// <summary>Everything below the page's introduction.</summary>
    public static string WriteTables()
    {
        var words = ReadWords();
        var page = new StringBuilder();
        page.Append("## The program itself\n\n").Append(Head);
        Row(page, "urls", "`ASPNETCORE_URLS`", $"`{ListenAddresses.Default}`", "Where to listen; several with `;`.");
        foreach (var setting in KnownSettings.All.Where(static setting => setting.Key == AgentOptions.Key))
        {
            Row(page, setting.Key, "", DefaultOf(setting), $"{AgentWords} {BoundsOf(setting)}".TrimEnd());
        }

        foreach (var section in KnownSettings.All.Where(static setting => setting.Key != AgentOptions.Key).GroupBy(SectionOf))
        {
            page.Append(CultureInfo.InvariantCulture, $"\n## {section.Key}\n\n");
            if (words.TryGetValue(section.Key, out var title))
            {
                page.Append(title).Append("\n\n");
            }

            page.Append(Head);
            foreach (var setting in section)
            {
                var text = words.GetValueOrDefault(setting.Key)
                    ?? throw new InvalidOperationException($"{setting.Key} has no comment that says what it is.");
                var shortName = V0Settings.ShortNameOf(setting.Key) is { } name ? $"`{name}`" : "";
                Row(page, setting.Key, shortName, DefaultOf(setting), $"{text} {BoundsOf(setting)}".TrimEnd());
            }
        }

        return page.ToString();
    }

    private const string Head = "| setting | V0's or short name | default | what it is |\n|---|---|---|---|\n";

    private static void Row(StringBuilder page, string key, string shortName, string value, string words)
    {
        var cell = words.Replace("|", "\\|", StringComparison.Ordinal);
        page.Append(CultureInfo.InvariantCulture, $"| `{key}` | {shortName} | {value} | {cell} |\n");
    }

    private static string SectionOf(KnownSetting setting) => setting.Key[..setting.Key.IndexOf(':', StringComparison.Ordinal)];

    private static string DefaultOf(KnownSetting setting) => setting.Default switch
    {
        null or "" => "",
        TimeSpan time => $"`{time.ToString(time.Milliseconds == 0 ? "c" : @"hh\:mm\:ss\.FFF", CultureInfo.InvariantCulture)}`",
        bool flag => flag ? "`true`" : "`false`",
        string text => $"`{text}`",
        IEnumerable => "",
        var value => $"`{Convert.ToString(value, CultureInfo.InvariantCulture)}`{SizeOf(setting, value)}",
    };

    private static string SizeOf(KnownSetting setting, object value)
    {
        var bytes = Convert.ToInt64(value is Enum ? 0 : value, CultureInfo.InvariantCulture);
        return !setting.Key.EndsWith("Bytes", StringComparison.Ordinal) ? ""
            : bytes % (1 << 30) == 0 ? $" ({bytes >> 30} GiB)"
            : bytes % (1 << 20) == 0 ? $" ({bytes >> 20} MiB)"
            : $" ({bytes >> 10} KiB)";
    }

    private static string BoundsOf(KnownSetting setting)
    {
        if (setting.Values.Count > 0)
        {
            return $"One of {string.Join(", ", setting.Values.Select(static value => $"`{value}`"))}.";
        }

        return PropertyOf(setting)?.GetCustomAttribute<RangeAttribute>() is { } range
            ? $"From {Bound(range.Minimum)} to {Bound(range.Maximum)}."
            : "";
    }

    private static string Bound(object value) => value is string
        ? $"`{value}`"
        : Convert.ToDouble(value, CultureInfo.InvariantCulture).ToString("#,0", CultureInfo.InvariantCulture);

    private static PropertyInfo? PropertyOf(KnownSetting setting) => typeof(KnownSettings).Assembly.GetTypes()
        .Where(type => KnownSettings.SectionOf(type) is { } section && setting.Key.StartsWith($"{section}:", StringComparison.Ordinal))
        .Select(type => type.GetProperty(setting.Key[(KnownSettings.SectionOf(type)!.Length + 1)..]))
        .FirstOrDefault(static property => property is not null);

    /// <summary>The comments of sections and of settings, by their names.</summary>
    private static Dictionary<string, string> ReadWords()
    {
        var words = new Dictionary<string, string>();
        var paths = Directory.EnumerateFiles(Repository.PathOf("Gateway"), "*Options.cs", SearchOption.AllDirectories);

        // A section's own words are those of the class that is nearest to the root.
        foreach (var path in paths.OrderByDescending(static path => path.Count(static c => c == Path.DirectorySeparatorChar)))
        {
            var text = File.ReadAllText(path);
            if (SectionName().Match(text) is { Success: true } section)
            {
                var name = section.Groups[1].Value;
                words[name] = Plain(section.Groups["words"].Success ? section.Groups["words"].Value : "");
                foreach (Match property in Property().Matches(text))
                {
                    words[$"{name}:{property.Groups["name"].Value}"] = Plain(property.Groups["words"].Value);
                }

                var title = ClassWords().Match(text[..section.Index]);
                words[name] = title.Success ? Plain(title.Groups["words"].Value) : "";
            }
        }

        return words;
    }

    private static string Plain(string comment)
    {
        var text = Spaces().Replace(CommentStart().Replace(comment, " "), " ");
        text = OfTheSource().Replace(text, "").Replace("Null means", "Unset means", StringComparison.Ordinal);
        text = Reference().Replace(text, static match => $"`{match.Groups[1].Value.Split('.')[^1]}`");
        text = Code().Replace(text, "`$1`");
        return Spaces().Replace(text, " ").Trim();
    }

    [GeneratedRegex("""const string Section = "([\w:]+)";""")]
    private static partial Regex SectionName();

    [GeneratedRegex(@"(?<words>(?:^///[^\n]*\n)+)internal sealed (?:partial )?class \w+\s*\{\s*public\s*$", RegexOptions.Multiline)]
    private static partial Regex ClassWords();

    [GeneratedRegex(
        @"(?<words>(?:^    ///[^\n]*\n)+)(?:^    \[[^\n]*\]\n)*^    public (?!static|const)[\w<>?\[\]]+ (?<name>\w+) \{",
        RegexOptions.Multiline)]
    private static partial Regex Property();

    [GeneratedRegex(@"\s*///|</?summary>")]
    private static partial Regex CommentStart();

    [GeneratedRegex(@"<see\s+cref=""([^""]+)""\s*/>")]
    private static partial Regex Reference();

    [GeneratedRegex(@"<c>(.*?)</c>")]
    private static partial Regex Code();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    // What is of use to readers of the source alone.
    [GeneratedRegex(
        @",? section <c>\w+</c>|\s*Read once, (at start|when the server is made)(; checked only where the agent is <c>v1</c>)?\."
        + @"|\s*\(<see cref=""[^)]*\)")]
    private static partial Regex OfTheSource();
}
