using System.CommandLine;

using Gateway.Hosting.Settings;

namespace Gateway.Cli;

/// <summary>
/// Finds options that a command does not have. The parser would take them for its arguments: <c>verify --bogus</c> for a fixture of that
/// name. Stateless.
/// </summary>
internal static class CommandOptions
{
    /// <summary>A line for the first unknown option among the words after the command's name; null when there is none.</summary>
    public static string? FindUnknown(Command command, IReadOnlyList<string> words)
    {
        var names = command.Options.SelectMany(static option => option.Aliases.Append(option.Name)).ToList();
        Option? before = null;
        foreach (var word in words.TakeWhile(static word => word != "--"))
        {
            // A word with a minus may be the value of the option before it.
            if (before is { Arity.MinimumNumberOfValues: > 0 })
            {
                before = null;
                continue;
            }

            var name = word.Split('=', ':')[0];
            before = word == name ? command.Options.FirstOrDefault(option => option.Name == name || option.Aliases.Contains(name)) : null;
            if (IsOption(name) && !names.Contains(name))
            {
                var hint = NearestName
                    .Find(name, names.Where(static known => known.StartsWith("--", StringComparison.Ordinal))) is { } nearest
                    && names.Contains(nearest)
                    ? $"did you mean {nearest}?"
                    : $"'gateway help {PathOf(command)}' lists them";
                return $"{name} is not an option of {PathOf(command)}; {hint}";
            }
        }

        return null;
    }

    /// <summary>A command within another by both names.</summary>
    private static string PathOf(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } outer and not RootCommand
            ? $"{PathOf(outer)} {command.Name}"
            : command.Name;

    // Not a number below zero, nor a lone minus.
    private static bool IsOption(string word) => word is ['-', '-', _, ..] || word is ['-', >= 'A' and <= 'z', ..];
}
