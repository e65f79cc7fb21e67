using System.Reflection;

using Gateway.Agents;

namespace Gateway.Hosting.Settings;

/// <summary>
/// Every setting of the program, read from the options classes themselves: those with a constant <c>Section</c>, whether or not their
/// part is registered (V1's settings may stand in a file whose agent is another today). Names are compared without case, as .NET does.
/// </summary>
internal static class KnownSettings
{
    /// <summary>The name of the constant by which an options class says where it is read from.</summary>
    private const string SectionConstant = "Section";

    // What .NET itself, Kestrel and the libraries read: their names are not ours to judge. A section stands for all below it.
    private static readonly string[] s_names =
    [
        "AllowedHosts", "ApplicationName", "CaptureStartupErrors", "ConnectionStrings", "ContentRoot", "DetailedErrors", "Environment",
        "ForwardedHeaders_Enabled", "HostBuilder", "HostingStartupAssemblies", "HostingStartupExcludeAssemblies", "Http_Ports",
            "Https_Port",
        "Https_Ports", "Kestrel", "Logging", "Metrics", "PreferHostingUrls", "ReloadConfigOnChange", "ShutdownTimeoutSeconds",
        "StartupAssembly", "StaticWebAssets", "SuppressStatusMessages", "Urls", "WebRoot",
    ];

    private const string OpenTelemetryPrefix = "OTEL_";

    /// <summary>The settings of our own sections, and the choice of an agent, in the order of their names.</summary>
    public static IReadOnlyList<KnownSetting> All { get; } =
    [
        .. OptionsTypes().SelectMany(static type => SettingsOf(type, SectionOf(type) ?? ""))
            .Append(new KnownSetting(AgentOptions.Key, typeof(string), SettingShape.Value, AgentKind.None, Enum.GetNames<AgentKind>()))
            .OrderBy(static setting => setting.Key, StringComparer.Ordinal),
    ];

    private static Dictionary<string, KnownSetting> ByKey { get; } =
        All.DistinctBy(static setting => setting.Key, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(static setting => setting.Key, StringComparer.OrdinalIgnoreCase);

    private static HashSet<string> FirstSegments { get; } =
        All.Where(static setting => setting.Key.Contains(':', StringComparison.Ordinal)).Select(static setting => FirstSegment(setting.Key))
            .ToHashSet(StringComparer.OrdinalIgnoreCase);

    private static HashSet<string> PlainNames { get; } =
        new([.. s_names, .. V0Settings.Names, AgentOptions.Key], StringComparer.OrdinalIgnoreCase);

    /// <summary>What may be suggested to somebody who has written another name.</summary>
    public static IReadOnlyList<string> Suggestions { get; } =
        ["urls", .. All.Select(static setting => setting.Key), .. V0Settings.Names,
            .. s_names.Select(static name => name == "Urls" ? "urls" : name)];

    /// <summary>The section that an options class is read from; null when the class is none of ours.</summary>
    public static string? SectionOf(Type type) =>
        type.GetField(SectionConstant, BindingFlags.Public | BindingFlags.Static) is { IsLiteral: true } field
            ? field.GetRawConstantValue() as string
            : null;

    /// <summary>Whether the name begins with one of our sections.</summary>
    public static bool IsInOurSection(string key) =>
        key.Contains(':', StringComparison.Ordinal) && FirstSegments.Contains(FirstSegment(key));

    /// <summary>Whether anybody reads a setting of this name: we, .NET or a library.</summary>
    public static bool IsKnown(string key)
    {
        var first = FirstSegment(key);
        if (PlainNames.Contains(first) || first.StartsWith(OpenTelemetryPrefix, StringComparison.OrdinalIgnoreCase))
        {
            return first.Length == key.Length || s_names.Contains(first, StringComparer.OrdinalIgnoreCase);
        }

        return ByKey.ContainsKey(key) || IsSection(key) || IsElement(key);
    }

    /// <summary>Whether the name is that of a group of settings, and takes no value itself.</summary>
    public static bool IsSection(string key) =>
        All.Any(setting => setting.Key.Length > key.Length
            && setting.Key[key.Length] == ':'
            && setting.Key.StartsWith(key, StringComparison.OrdinalIgnoreCase));

    // Engine:AllowedOrigins:0
    private static bool IsElement(string key) =>
        key.LastIndexOf(':') is var end and > 0
        && ByKey.TryGetValue(key[..end], out var setting)
        && (setting.Shape == SettingShape.Map || (setting.Shape == SettingShape.List && key[(end + 1)..].All(char.IsAsciiDigit)));

    private static string FirstSegment(string key) => key.IndexOf(':', StringComparison.Ordinal) is var end and >= 0 ? key[..end] : key;

    private static IEnumerable<Type> OptionsTypes() => typeof(KnownSettings).Assembly.GetTypes()
        .Where(static type =>
            type is { IsClass: true, IsAbstract: false } && SectionOf(type) is not null && type.GetConstructor([]) is not null);

    private static IEnumerable<KnownSetting> SettingsOf(Type type, string section)
    {
        var defaults = Activator.CreateInstance(type);
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            var key = $"{section}:{property.Name}";
            var value = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            if (ElementOf(value) is { } element)
            {
                yield return new KnownSetting(key, element.Type, element.Shape, property.GetValue(defaults), NamesOf(element.Type));
            }
            else if (property.CanWrite && IsGroup(value))
            {
                foreach (var nested in SettingsOf(value, key))
                {
                    yield return nested;
                }
            }
            else if (property.CanWrite)
            {
                yield return new KnownSetting(key, value, SettingShape.Value, property.GetValue(defaults), NamesOf(value));
            }
        }
    }

    // A collection without a setter is added to; any other property without one is computed, and no setting.
    private static (Type Type, SettingShape Shape)? ElementOf(Type type) =>
        type == typeof(string) ? null
        : type.IsArray && type.GetElementType() is { } element ? (element, SettingShape.List)
        : type is { IsGenericType: true, GenericTypeArguments: [var key, var value] } && key == typeof(string) ? (value, SettingShape.Map)
        : type is { IsGenericType: true, GenericTypeArguments: [var item] }
            && typeof(IEnumerable<>).MakeGenericType(item).IsAssignableFrom(type)
            ? (item, SettingShape.List)
        : null;

    private static bool IsGroup(Type type) =>
        type.IsClass
            && type.Namespace?.StartsWith(nameof(Gateway), StringComparison.Ordinal) is true
            && type.GetConstructor([]) is not null;

    private static string[] NamesOf(Type type) => type.IsEnum ? Enum.GetNames(type) : [];
}
