namespace Gateway.Hosting.Settings;

/// <summary>How a setting is written in configuration.</summary>
internal enum SettingShape
{
    /// <summary>One value under the setting's own name.</summary>
    Value,

    /// <summary>Values under <c>Name:0</c>, <c>Name:1</c>, …</summary>
    List,

    /// <summary>Values under names that the operator chooses.</summary>
    Map,
}

/// <summary>One setting that operators may give: a property of an options class, under its full name. Immutable.</summary>
/// <param name="Key">The full name, as <c>Engine:PingInterval</c>.</param>
/// <param name="Type">What one value is converted to.</param>
/// <param name="Shape">Whether it is one value or several.</param>
/// <param name="Default">What holds when nothing is set.</param>
/// <param name="Values">The names it takes, where it is an enumeration.</param>
internal sealed record KnownSetting(string Key, Type Type, SettingShape Shape, object? Default, IReadOnlyList<string> Values);
