using System.CommandLine;

namespace Gateway.Cli;

/// <summary>The program's commands. Without the name of one it serves, and what is given are settings.</summary>
internal static class CommandLine
{
    private const string Help = "help";
    private const string HelpOption = "--help";

    // A shadow still compares what waits, and writes its report.
    private static readonly TimeSpan s_stopLimit = TimeSpan.FromSeconds(20);

    private static readonly string[] s_questions = [HelpOption, "-h", "-?", "--version"];

    /// <summary>Runs the command that is named. What cannot be understood is said line by line, and is exit code 2.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var isQuestion = args is [Help, ..] || args.Any(static argument => s_questions.Contains(argument));
        if (!isQuestion && args is [] or ["serve", ..] or [['-' or '/', ..], ..])
        {
            return await ServeCommand.RunAsync(args is ["serve", .. var settings] ? settings : args);
        }

        CommandOutput.Begin();
        try
        {
            return await RunCommandAsync(args, isQuestion);
        }
        catch (OutputException exception)
        {
            return await Terminal.RefuseAsync("gateway", $"the output cannot be written: {exception.Message}");
        }
    }

    private static async Task<int> RunCommandAsync(string[] args, bool isQuestion)
    {
        if (args is [Help, "settings"])
        {
            SettingsTable.Write(Terminal.Open());
            return 0;
        }

        if (args is [Help, .. var asked])
        {
            args = [.. asked.TakeWhile(static word => !word.StartsWith('-')), HelpOption];
        }

        var root = CreateRoot();
        if (isQuestion)
        {
            HideArgumentsAbove(Find(root, args).Command);
        }

        var parsed = root.Parse(args);
        var problems = FindProblems(root, args, parsed.Errors.Select(static error => error.Message), isQuestion).ToList();
        if (problems.Count > 0)
        {
            return await Terminal.RefuseAsync(problems);
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = s_stopLimit,
            });
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync($"{parsed.CommandResult.Command.Name}: stopped");
            return Terminal.CouldNotRun;
        }
        catch (Exception exception) when (exception is not OutputException)
        {
            // The top of the program: whatever it is, its user gets a line and the right exit code.
            var reason = exception.Message.ReplaceLineEndings(" ");
            await Console.Error.WriteLineAsync($"{parsed.CommandResult.Command.Name}: {exception.GetType().Name}: {reason}");
            return Terminal.CouldNotRun;
        }
    }

    private static IEnumerable<string> FindProblems(RootCommand root, string[] args, IEnumerable<string> errors, bool isQuestion)
    {
        var isCommand = root.Subcommands.Any(command => command.Name == args[0]);
        if (!isCommand && args[0] is not ['-', ..] && (!isQuestion || args is [.., HelpOption]))
        {
            return [$"'{args[0]}' is not a command; there are {string.Join(", ", root.Subcommands.Select(static known => known.Name))}"];
        }

        if (isQuestion)
        {
            return [];
        }

        // The parser would say the same of it in other words.
        var (named, words) = Find(root, args);
        return named.TreatUnmatchedTokensAsErrors && CommandOptions.FindUnknown(named, words) is { } unknown
            ? [unknown]
            : errors.Select(static error => error.ReplaceLineEndings(" ").TrimEnd());
    }

    /// <summary>The command that the first words name, one within another, and the words that follow it.</summary>
    private static (Command Command, string[] Words) Find(Command root, string[] args)
    {
        var (command, words) = (root, args);
        while (command.Subcommands.FirstOrDefault(inner => inner.Name == words.FirstOrDefault()) is { } inner)
        {
            (command, words) = (inner, words[1..]);
        }

        return (command, words);
    }

    /// <summary>For help: the parser shows the outer command's arguments as if they were the inner's.</summary>
    private static void HideArgumentsAbove(Command command)
    {
        foreach (var argument in command.Parents.OfType<Command>().SelectMany(static outer => outer.Arguments))
        {
            argument.Hidden = true;
        }
    }

    private static RootCommand CreateRoot() => new(
        "Serves clients of the OpenHands V0 server, and proves that it does. Without a command it serves. "
        + "'gateway help settings' lists every setting.")
    {
        ServeCommand.Create(), VerifyCommand.Create(), RecordCommand.Create(), ImportCommand.Create(), ExportCommand.Create(),
        V1Command.Create(), StorageCommand.Create(), ConfigCommand.Create(), HealthCommand.Create(), StatusCommand.Create(),
        DrainCommand.Create(), ReadinessCommand.Create(), CorpusCommand.Create(), PlayCommand.Create(), ShadowCommand.Create(),
        LoadCommand.Create(),
    };
}
