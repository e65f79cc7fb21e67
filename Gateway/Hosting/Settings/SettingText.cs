using System.Globalization;

namespace Gateway.Hosting.Settings;

/// <summary>
/// Checks the texts of settings before .NET converts them: .NET would stop at the first that it cannot read, and takes <c>10</c> for a
/// time span of ten days. Pure.
/// </summary>
internal static class SettingText
{
    // Longest first: "ms" ends with "s".
    private static readonly (string Suffix, double Seconds)[] s_units =
        [("min", 60), ("ms", 0.001), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

    /// <summary>What is wrong with the texts, by the full name of their setting.</summary>
    public static Dictionary<string, string> FindProblems(IConfiguration configuration)
    {
        var problems = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var setting in KnownSettings.All)
        {
            var section = configuration.GetSection(setting.Key);
            if (setting.Shape == SettingShape.Value)
            {
                Add(setting.Key, section.Value, setting.Type);
                continue;
            }

            if (!string.IsNullOrEmpty(section.Value))
            {
                // .NET passes over it: a list of origins that is given as one text would let every page in.
                var first = setting.Shape == SettingShape.List ? "0" : "name";
                problems[setting.Key] = $"{setting.Key} takes several values: write {setting.Key}:{first} and so on.";
            }

            foreach (var element in section.GetChildren())
            {
                Add(element.Path, element.Value, setting.Type);
            }
        }

        return problems;

        void Add(string key, string? text, Type type)
        {
            if (text is not null && FindProblem(text, type) is { } problem)
            {
                problems[key] = $"{key} is '{text}'; {problem}";
            }
        }
    }

    /// <summary>What a text should be when it is not a value of the type; null when it is one.</summary>
    public static string? FindProblem(string text, Type type)
    {
        var isNumber = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number);
        return type switch
        {
            _ when type == typeof(TimeSpan) => FindTimeSpanProblem(text),
            _ when type == typeof(bool) => bool.TryParse(text, out _) ? null : "it must be true or false.",
            { IsEnum: true } => Enum.GetNames(type).Contains(text.Trim(), StringComparer.OrdinalIgnoreCase)
                ? null : $"it must be one of {string.Join(", ", Enum.GetNames(type))}.",
            _ when type == typeof(double) => isNumber ? null : "it must be a number.",
            _ when type == typeof(int) || type == typeof(long) => IsWhole(text, type) ? null
                : isNumber && number == Math.Truncate(number) ? "it is too large or too small."
                : "it must be a whole number, written with digits alone.",
            _ => null,
        };
    }

    private static bool IsWhole(string text, Type type) => type == typeof(int)
        ? int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out _)
        : long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out _);

    private static string? FindTimeSpanProblem(string text)
    {
        var trimmed = text.Trim();
        if (TrySeconds(trimmed, 1) is { } seconds)
        {
            return $"a time span is written hh:mm:ss: {Spell(seconds)} for {trimmed} seconds.";
        }

        foreach (var (suffix, unit) in s_units)
        {
            if (trimmed.EndsWith(suffix, StringComparison.OrdinalIgnoreCase) && TrySeconds(trimmed[..^suffix.Length], unit) is { } ofUnit)
            {
                return $"a time span is written hh:mm:ss: {Spell(ofUnit)}.";
            }
        }

        return TimeSpan.TryParse(trimmed, CultureInfo.InvariantCulture, out _)
            ? null
            : "a time span is written hh:mm:ss, as 00:00:10 for 10 seconds.";
    }

    // What no time span can hold is spelled by nobody: a year is enough.
    private static double? TrySeconds(string text, double unit) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && Math.Abs(number * unit) <= 366 * 86_400.0
            ? number * unit : null;

    private static string Spell(double seconds)
    {
        var text = TimeSpan.FromSeconds(seconds).ToString("c", CultureInfo.InvariantCulture);
        return text.Contains('.', StringComparison.Ordinal)
            && text.IndexOf('.', StringComparison.Ordinal) > text.IndexOf(':', StringComparison.Ordinal)
            ? text.TrimEnd('0') : text;
    }
}
