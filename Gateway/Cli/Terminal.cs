using System.CommandLine;

using Spectre.Console;

namespace Gateway.Cli;

/// <summary>How commands talk to their user: tables on standard output, faults in one line each on standard error. Stateless.</summary>
internal static class Terminal
{
    /// <summary>The exit code of a command that could not run.</summary>
    public const int CouldNotRun = 2;

    private const int FileWidth = 160;

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

    /// <summary>Runs a command; what its arguments lack, and what stops it, is said in a line, with exit code 2.</summary>
    public static async Task<int> RunAsync(Command command, string[] args)
    {
        var parsed = command.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                await Console.Error.WriteLineAsync($"{command.Name}: {error.Message.ReplaceLineEndings(" ").TrimEnd()}");
            }

            return CouldNotRun;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync($"{command.Name}: stopped");
            return CouldNotRun;
        }
        catch (Exception error)
        {
            // The top of the program: whatever it is, its user gets a line and the right exit code.
            await Console.Error.WriteLineAsync($"{command.Name}: {error.GetType().Name}: {error.Message.ReplaceLineEndings(" ")}");
            return CouldNotRun;
        }
    }
}
