using System.CommandLine;

namespace Gateway.Cli;

/// <summary>The program's commands. Without the name of one it serves, and what is given are settings.</summary>
internal static class CommandLine
{
    private static readonly string[] s_questions = ["--help", "-h", "-?", "--version"];

    /// <summary>Runs the command that is named. What cannot be understood is said line by line, and is exit code 2.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var isQuestion = args.Any(static argument => s_questions.Contains(argument));
        if (!isQuestion && args is [] or ["serve", ..] or [['-', ..], ..])
        {
            return await ServeCommand.RunAsync(args is ["serve", .. var settings] ? settings : args);
        }

        var parsed = CreateRoot().Parse(args);
        if (!isQuestion && parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                await Console.Error.WriteLineAsync($"gateway: {error.Message.ReplaceLineEndings(" ").TrimEnd()}");
            }

            await Console.Error.WriteLineAsync("gateway: --help shows the commands and their options");
            return Terminal.CouldNotRun;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync($"{parsed.CommandResult.Command.Name}: stopped");
            return Terminal.CouldNotRun;
        }
        catch (Exception error)
        {
            // The top of the program: whatever it is, its user gets a line and the right exit code.
            await Console.Error.WriteLineAsync($"{parsed.CommandResult.Command.Name}: {error.GetType().Name}: {error.Message.ReplaceLineEndings(" ")}");
            return Terminal.CouldNotRun;
        }
    }

    private static RootCommand CreateRoot() => new("Serves clients of the OpenHands V0 server, and proves that it does. Without a command it serves.")
    {
        ServeCommand.Create(), VerifyCommand.Create(), RecordCommand.Create(), ImportCommand.Create(),
    };
}
