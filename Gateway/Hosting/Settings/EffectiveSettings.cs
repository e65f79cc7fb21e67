using System.Collections;
using System.Globalization;

using Gateway.Primitives;

using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.Json;

namespace Gateway.Hosting.Settings;

/// <summary>A setting as it holds. Immutable.</summary>
/// <param name="Key">Its full name; an element of a list has its number in it.</param>
/// <param name="Value">What may be shown of it: a secret is only said to be set.</param>
/// <param name="Source">
/// Where the value comes from: <c>default</c>, a file, <c>environment</c> or <c>command line</c>, with V0's name where it was set by that.
/// </param>
internal sealed record EffectiveSetting(string Key, string Value, string Source)
{
    /// <summary>Nobody has set it.</summary>
    public bool IsDefault => Source == EffectiveSettings.Default;
}

/// <summary>
/// What all settings are, and where each value comes from, as the program would read them. Nothing is checked. Pure.
/// </summary>
internal static class EffectiveSettings
{
    public const string Default = "default";

    private const string Set = "(set, not shown)";

    // Of .NET's own, these are said where they are set; the rest of the environment is not ours to show.
    private const string Urls = "urls";

    private static readonly string[] s_secretNames =
        ["Key", "Secret", "Password", "Token", "ConnectionString", "Hash", "Credential", "Template"];

    /// <summary>Whether nobody should see the value of a setting of this name: it is a secret, or may have one in it.</summary>
    public static bool IsSecret(string key)
    {
        var names = key.Split(':').Where(static name => !name.All(char.IsAsciiDigit)).ToArray();
        return names.Length > 0 && (s_secretNames.Any(name => names[^1].EndsWith(name, StringComparison.OrdinalIgnoreCase))
            || names[0].Equals("ConnectionStrings", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Every setting of ours, in the order of the names, and those of .NET's that a file or the command line sets.</summary>
    public static IReadOnlyList<EffectiveSetting> Read(IConfigurationRoot configuration)
    {
        var settings = KnownSettings.All.SelectMany(known => Of(known, configuration)).ToList();
        settings.Add(configuration[Urls] is { } urls
            ? new EffectiveSetting(Urls, urls, SourceOf(Urls, configuration))
            : new EffectiveSetting(Urls, ListenAddresses.Default, Default));
        var ours = settings.Select(static setting => setting.Key).ToHashSet(StringComparer.OrdinalIgnoreCase);
        settings.AddRange(configuration.Providers
            .Where(static provider => provider is JsonConfigurationProvider or CommandLineConfigurationProvider)
            .SelectMany(static provider => UnknownSettings.LeavesOf(provider))
            .Where(key => KnownSettings.IsKnown(key) && !V0Settings.Names.Contains(key, StringComparer.OrdinalIgnoreCase) && ours.Add(key))
            .Select(key => OfKey(key, configuration[key] ?? "", configuration)));
        return [.. settings.OrderBy(static setting => setting.Key, StringComparer.OrdinalIgnoreCase)];
    }

    private static IEnumerable<EffectiveSetting> Of(KnownSetting known, IConfigurationRoot configuration)
    {
        if (known.Shape == SettingShape.Value)
        {
            yield return configuration[known.Key] is { } value
                ? OfKey(known.Key, value, configuration)
                : new EffectiveSetting(known.Key, Shown(known.Key, TextOf(known.Default)), Default);
            yield break;
        }

        var elements = configuration.GetSection(known.Key).AsEnumerable().Where(static element => element.Value is not null).ToList();
        foreach (var element in elements)
        {
            yield return OfKey(element.Key, element.Value ?? "", configuration);
        }

        if (elements.Count == 0)
        {
            yield return new EffectiveSetting(known.Key, Shown(known.Key, TextOf(known.Default)), Default);
        }
    }

    private static EffectiveSetting OfKey(string key, string value, IConfigurationRoot configuration)
    {
        var name = V0Settings.NameOf(key, configuration);
        var source = SourceOf(name ?? key, configuration);
        return new EffectiveSetting(key, Shown(key, value), name is null ? source : $"{source}, as {name}");
    }

    private static string SourceOf(string key, IConfigurationRoot configuration) =>
        configuration.Providers.LastOrDefault(provider => provider.TryGet(key, out _)) switch
        {
            JsonConfigurationProvider file => Path.GetFileName(file.Source.Path) ?? "a file",
            CommandLineConfigurationProvider => "command line",
            EnvironmentVariablesConfigurationProvider => "environment",
            _ => "program",
        };

    private static string Shown(string key, string value) =>
        (IsSecret(key) && value.Length > 0) || HoldsSecret(value) ? Set : SecretRedactor.ForLogs.RedactText(value);

    /// <summary>An address with a user's name or a query in it: there is where people put passwords and tokens.</summary>
    private static bool HoldsSecret(string value) =>
        Uri.TryCreate(value, UriKind.Absolute, out var address) && (address.UserInfo.Length > 0 || address.Query.Length > 0);

    /// <summary>A default as it would be written.</summary>
    public static string TextOf(object? value) => value switch
    {
        null => "",
        string text => text,
        bool flag => flag ? "true" : "false",
        IEnumerable values => string.Join(", ", values.Cast<object>().Select(TextOf)),
        var other => Convert.ToString(other, CultureInfo.InvariantCulture) ?? "",
    };
}
