using Gateway.Hosting.Settings;

using Microsoft.Extensions.Options;

namespace Gateway.Hosting;

/// <summary>
/// The levels of .NET's own settings (<c>Logging:LogLevel:…</c>, and those of a provider) that are none. .NET would end the program at the
/// first, in words that name no setting; here they are faults of the log's settings like any other. Immutable; any thread.
/// </summary>
internal sealed class LogLevels : IValidateOptions<LogOptions>
{
    private const string Section = "Logging";
    private const string Levels = "LogLevel";

    private readonly IReadOnlyList<string> _faults;

    private LogLevels(IReadOnlyList<string> faults) => _faults = faults;

    /// <summary>Finds the faults, and has .NET read a level in their places, so that the other settings can be checked as well.</summary>
    public static LogLevels Check(ConfigurationManager configuration)
    {
        var faults = new List<string>();
        var sections = configuration.GetSection(Section).GetChildren()
            .Select(static child => child.Key.Equals(Levels, StringComparison.OrdinalIgnoreCase) ? child : child.GetSection(Levels));
        foreach (var (key, text) in sections.SelectMany(static levels => levels.AsEnumerable()).ToList())
        {
            if (!string.IsNullOrEmpty(text) && !IsLevel(text))
            {
                faults.Add($"{key} is '{text}'; {SettingText.FindProblem(text, typeof(LogLevel))}");
                configuration[key] = nameof(LogLevel.Information);
            }
        }

        return new LogLevels(faults);
    }

    public ValidateOptionsResult Validate(string? name, LogOptions options) =>
        _faults.Count > 0 ? ValidateOptionsResult.Fail(_faults) : ValidateOptionsResult.Success;

    // .NET takes their numbers as well.
    private static bool IsLevel(string text) => Enum.TryParse<LogLevel>(text, ignoreCase: true, out var level) && Enum.IsDefined(level);
}
