using Gateway.Operations.Operators;
using Gateway.Primitives;

namespace Gateway.Hosting.Settings;

/// <summary>
/// The settings for an operator's eyes: those that somebody has set, and of a secret, or of what may hold one, only that it is set.
/// Immutable; any thread.
/// </summary>
internal sealed class ShownSettings(IConfiguration configuration) : IShownSettings
{
    private static readonly string[] s_secretWords =
        ["key", "secret", "password", "token", "connectionstring", "hash", "credential", "template"];

    public IEnumerable<KeyValuePair<string, string>> Read()
    {
        foreach (var setting in KnownSettings.All)
        {
            foreach (var (name, value) in ValuesOf(configuration.GetSection(setting.Key)))
            {
                yield return KeyValuePair.Create(name, Shown(name, value));
            }
        }
    }

    private static IEnumerable<(string Name, string Value)> ValuesOf(IConfigurationSection section)
    {
        if (section.Value is { Length: > 0 } value)
        {
            yield return (section.Path, value);
        }

        foreach (var found in section.GetChildren().SelectMany(ValuesOf))
        {
            yield return found;
        }
    }

    private static string Shown(string name, string value)
    {
        var last = name[(name.IndexOf(':', StringComparison.Ordinal) + 1)..];
        return s_secretWords.Any(word => last.Contains(word, StringComparison.OrdinalIgnoreCase)) ? SecretRedactor.Mask
            : Uri.TryCreate(value, UriKind.Absolute, out var uri) && (uri.UserInfo.Length > 0 || uri.Query.Length > 0)
            ? SecretRedactor.Mask
            : SecretRedactor.ForLogs.RedactText(value);
    }
}
