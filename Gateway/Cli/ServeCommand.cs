using System.CommandLine;
using System.Runtime.InteropServices;

using Gateway.Hosting;
using Gateway.Hosting.Settings;

namespace Gateway.Cli;

/// <summary>The main job: serve until told to stop. What keeps it from starting ends it with one line for each reason.</summary>
internal static class ServeCommand
{
    // Something of ours has ended the program after it had served.
    private const int Failed = 1;

    /// <summary>
    /// The command as <c>--help</c> shows it. Its settings are .NET's own way of configuration, which reads the words itself.
    /// </summary>
    public static Command Create()
    {
        var urls = new Option<string>(
            "--urls")
        { Description = $"Where to listen. {ListenAddresses.Default} when nothing says otherwise." };
        var agent = new Option<string>("--agent") { Description = "Who answers: none, echo, recorded, v1." };
        var command = new Command(
            "serve",
            "Serves V0's clients: sockets, REST, the web UI. Any setting may follow, as --Section:Name value; "
            + "'gateway help settings' lists them.")
        {
            urls, agent,
        };
        command.TreatUnmatchedTokensAsErrors = false;
        return command;
    }

    /// <summary>Runs until a signal says otherwise. Gives the exit code: 0 stopped, 1 failed while it served, 2 did not start.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        if (FindProblem(args) is { } problem)
        {
            return await Terminal.RefuseAsync([problem]);
        }

        var hasStarted = false;
        try
        {
            await using var app = GatewayApp.Build(args);
            app.Lifetime.ApplicationStarted.Register(() => hasStarted = true);

            // .NET's host ends in order at SIGTERM, SIGINT and SIGQUIT; a terminal that is closed sends this one.
            using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
            {
                signal.Cancel = true;
                app.Lifetime.StopApplication();
            });
            await app.RunAsync();
            return 0;
        }
        catch (Exception exception)
        {
            // The top of the program. A library's own kind of exception (a certificate's, a socket's) is no reason to show a stack.
            foreach (var line in StartFailure.Describe(exception))
            {
                await Console.Error.WriteLineAsync($"gateway: {line}");
            }

            return hasStarted ? Failed : Terminal.CouldNotRun;
        }
    }

    /// <summary>
    /// What is wrong with settings on the command line; null when nothing is. .NET passes over words that are no setting and a last name
    /// without a value; who typed them should hear of it.
    /// </summary>
    public static string? FindProblem(string[] args)
    {
        for (var i = 0; i < args.Length; i++)
        {
            var word = args[i];
            var (name, hasValue) = word.IndexOf('=', StringComparison.Ordinal) is var end and >= 0 ? (word[..end], true) : (word, false);
            var isOption = name.StartsWith("--", StringComparison.Ordinal) || name.StartsWith('/');
            if (!isOption && !hasValue)
            {
                return $"'{word}' is not a setting; they are given as --Section:Name value";
            }

            if (UnknownSettings.InOption(name) is { } unknown)
            {
                return unknown;
            }

            if (!hasValue && ++i == args.Length)
            {
                return $"{word} needs a value";
            }
        }

        return null;
    }
}
