using Gateway.Operations.Operators;

namespace Gateway.Hosting.Settings;

/// <summary>
/// The settings for an operator's eyes: those that somebody has set, as <see cref="EffectiveSettings"/> shows them. Any thread.
/// </summary>
internal sealed class ShownSettings(IConfigurationRoot configuration) : IShownSettings
{
    public IEnumerable<KeyValuePair<string, string>> Read() => EffectiveSettings.Read(configuration)
        .Where(static setting => !setting.IsDefault)
        .Select(static setting => KeyValuePair.Create(setting.Key, setting.Value));
}
