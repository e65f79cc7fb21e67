using Spectre.Console;

namespace Gateway.Cli;

/// <summary>How commands talk to their user: tables on standard output, faults in one line each on standard error. Stateless.</summary>
internal static class Terminal
{
    /// <summary>The exit code of a command that could not run.</summary>
    public const int CouldNotRun = 2;

    private const int FileWidth = 160;

    // Who is told one of these needs no other help.
    private static readonly string[] s_helpful = ["did you mean", NumberRange.Words];

    /// <summary>Says what was not understood, a line each, and where help is if no line says what was meant. Gives the exit code.</summary>
    public static async Task<int> RefuseAsync(IReadOnlyCollection<string> problems)
    {
        foreach (var problem in problems)
        {
            await Console.Error.WriteLineAsync($"gateway: {problem}");
        }

        if (!problems.Any(static problem => s_helpful.Any(words => problem.Contains(words, StringComparison.Ordinal))))
        {
            await Console.Error.WriteLineAsync("gateway: 'gateway help' (or --help) shows the commands and their options");
        }

        return CouldNotRun;
    }

    /// <summary>Says in one line why a command could not run. Gives the exit code.</summary>
    /// <param name="command">Its name as its user gives it.</param>
    public static async Task<int> RefuseAsync(string command, string? problem)
    {
        await Console.Error.WriteLineAsync($"{command}: {problem}");
        return CouldNotRun;
    }

    /// <summary>Standard output; without colours, and wide, when it goes to a file or another program.</summary>
    public static IAnsiConsole Open()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = Console.IsOutputRedirected ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = Console.IsOutputRedirected ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = Console.IsOutputRedirected ? InteractionSupport.No : InteractionSupport.Detect,
        });
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = FileWidth;
        }

        return console;
    }
}
