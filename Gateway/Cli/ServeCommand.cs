using System.CommandLine;

using Gateway.Hosting;

using Microsoft.Extensions.Options;

namespace Gateway.Cli;

/// <summary>The main job: serve until told to stop. Bad settings end it with one line for each.</summary>
internal static class ServeCommand
{
    /// <summary>The command as <c>--help</c> shows it. Its settings are .NET's own way of configuration, which reads the words itself.</summary>
    public static Command Create()
    {
        var urls = new Option<string>("--urls") { Description = "Where to listen. http://localhost:3000 when nothing says otherwise." };
        var agent = new Option<string>("--agent") { Description = "Who answers: none, echo, recorded, v1." };
        var command = new Command("serve", "Serves Socket.IO to V0 clients. Any setting may follow, as --Section:Name value; the README lists them.") { urls, agent };
        command.TreatUnmatchedTokensAsErrors = false;
        return command;
    }

    public static async Task<int> RunAsync(string[] args)
    {
        if (FindProblem(args) is { } problem)
        {
            await Console.Error.WriteLineAsync($"gateway: {problem}");
            await Console.Error.WriteLineAsync("gateway: --help shows the commands and their options");
            return Terminal.CouldNotRun;
        }

        try
        {
            await using var app = GatewayApp.Build(args);
            await app.RunAsync();
            return 0;
        }
        catch (OptionsValidationException exception)
        {
            foreach (var failure in exception.Failures)
            {
                await Console.Error.WriteLineAsync($"gateway: {failure}");
            }

            return 2;
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException or FormatException)
        {
            // The address is in use, not ours, or no address; a settings file that cannot be read.
            await Console.Error.WriteLineAsync($"gateway: {exception.Message}");
            return 2;
        }
    }

    /// <summary>.NET passes over words that are no setting and a last name without a value; who typed them should hear of it.</summary>
    private static string? FindProblem(string[] args)
    {
        for (var i = 0; i < args.Length; i++)
        {
            var word = args[i];
            if (word.Contains('=', StringComparison.Ordinal))
            {
                continue;
            }

            if (!word.StartsWith("--", StringComparison.Ordinal) && !word.StartsWith('/'))
            {
                return $"'{word}' is no setting; they are given as --Section:Name value";
            }

            if (++i == args.Length)
            {
                return $"{word} needs a value";
            }
        }

        return null;
    }
}
