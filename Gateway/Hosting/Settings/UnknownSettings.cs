using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.Json;

namespace Gateway.Hosting.Settings;

/// <summary>
/// Finds settings that nobody reads, because a misspelled one would be passed over without a word. A settings file and the command
/// line are written for this program, so every name in them is judged; the environment is shared with others, so there only the
/// names in our sections are.
/// </summary>
internal static class UnknownSettings
{
    // Many programs keep their settings below their own name; here it is a mistake, also in the environment.
    private const string ProgramSection = $"{nameof(Gateway)}:";

    /// <summary>One line for each name that is unknown, with where it stands and the nearest known one.</summary>
    public static IEnumerable<string> Find(IConfigurationRoot configuration) => configuration.Providers.SelectMany(InProvider).Distinct();

    /// <summary>What is wrong with the name of an option (<c>--name</c>) of the command line; null when it is known.</summary>
    public static string? InOption(string option)
    {
        var name = option.TrimStart('-', '/');
        return KnownSettings.IsKnown(name) ? null : Describe("", name, static known => $"--{known}", option);
    }

    /// <summary>The full names of the values that a provider has.</summary>
    public static IEnumerable<string> LeavesOf(IConfigurationProvider provider, string? parent = null)
    {
        foreach (var segment in provider.GetChildKeys([], parent).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            var key = parent is null ? segment : $"{parent}:{segment}";
            var hasChildren = false;
            foreach (var leaf in LeavesOf(provider, key))
            {
                hasChildren = true;
                yield return leaf;
            }

            if (!hasChildren)
            {
                yield return key;
            }
        }
    }

    private static IEnumerable<string> InProvider(IConfigurationProvider provider)
    {
        var unknown = LeavesOf(provider).Where(key => !KnownSettings.IsKnown(key) || IsSectionWithValue(key, provider));
        return provider switch
        {
            JsonConfigurationProvider file => InFile(unknown, $"{Path.GetFileName(file.Source.Path)}: "),
            CommandLineConfigurationProvider => unknown.Select(static key => Describe("", key, static known => $"--{known}")),
            EnvironmentVariablesConfigurationProvider => unknown.Where(IsOurs)
                .Select(static key => Describe("environment: ", key, static known => known.Replace(":", "__", StringComparison.Ordinal))),
            _ => unknown.Where(IsOurs).Select(static key => Describe("", key, static known => known)),
        };
    }

    private static IEnumerable<string> InFile(IEnumerable<string> unknown, string place)
    {
        foreach (var section in unknown.Where(static key => !IsRemark(key)).GroupBy(static key => key.Split(':')[0]))
        {
            // Another program's section is one mistake, however much stands in it.
            string[] keys = IsOurs(section.First())
                || section.Any(static key => NearestName.Find(key, KnownSettings.Suggestions) is not null)
                ? [.. section] : [section.Key];
            foreach (var key in keys)
            {
                yield return Describe(place, key, static known => known);
            }
        }
    }

    private static string Describe(string place, string key, Func<string, string> spell, string? written = null)
    {
        if (KnownSettings.IsSection(key))
        {
            return $"{place}{written ?? spell(key)} is a group of settings, and takes no value itself; 'gateway help settings' lists them";
        }

        var hint = NearestName.Find(key, KnownSettings.Suggestions) is { } nearest
            ? $"did you mean {spell(nearest)}?"
            : "'gateway help settings' lists them";
        return $"{place}{written ?? spell(key)} is not a setting; {hint}";
    }

    private static bool IsSectionWithValue(string key, IConfigurationProvider provider) =>
        KnownSettings.IsSection(key) && provider.TryGet(key, out var value) && !string.IsNullOrEmpty(value);

    // A variable such as ENGINE may be any program's.
    private static bool IsOurs(string key) =>
        KnownSettings.IsInOurSection(key) || key.StartsWith(ProgramSection, StringComparison.OrdinalIgnoreCase);

    // "$schema", "//": how people put remarks into JSON.
    private static bool IsRemark(string key) =>
        key.StartsWith('$') || key.StartsWith('_') || key.StartsWith("//", StringComparison.Ordinal);
}
