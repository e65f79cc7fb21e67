using System.CommandLine;
using System.Net.Sockets;

using Gateway.Tools.Load;

using Newtonsoft.Json;

namespace Gateway.Cli;

/// <summary><c>gateway load</c>: many clients of a V0 or Socket.IO server, and what they see.</summary>
internal static class LoadCommand
{
    public static Command Create()
    {
        var arguments = new LoadArguments();
        var command = new Command(
            "load",
            "Loads a V0 or Socket.IO server with clients of its own, and says what they saw and what it cost. "
            + "Exit code 1 when connects failed, events were missing or came twice, or it was stopped, 2 when it could not run.");
        foreach (var option in arguments.All)
        {
            command.Options.Add(option);
        }

        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (arguments.FindProblem(parsed) is { } problem)
            {
                return await RefuseAsync(problem);
            }

            try
            {
                var plan = arguments.Plan(parsed);
                if (arguments.WarmsUp(parsed))
                {
                    using var warmUp = await LoadRun.CreateAsync(plan, cancellationToken);
                    await warmUp.RunAsync(TimeProvider.System, cancellationToken);
                }

                return await RunAsync(plan, arguments.JsonFile(parsed), cancellationToken);
            }
            catch (Exception exception) when (exception is SocketException or IOException or UnauthorizedAccessException)
            {
                return await RefuseAsync(exception.Message.ReplaceLineEndings(" "));
            }
        });
        return command;
    }

    private static async Task<int> RunAsync(LoadPlan plan, string? jsonFile, CancellationToken cancellationToken)
    {
        using var run = await LoadRun.CreateAsync(plan, cancellationToken);
        var display = new LoadDisplay(run, isQuiet: jsonFile == LoadDisplay.StandardOutput);
        using var shown = new CancellationTokenSource();
        var showing = display.RunAsync(shown.Token);
        try
        {
            await run.RunAsync(TimeProvider.System, cancellationToken);
        }
        finally
        {
            await shown.CancelAsync();
            await showing;
        }

        display.ShowEnd();
        var json = LoadReport.Of(run).ToString(Formatting.Indented);
        if (jsonFile == LoadDisplay.StandardOutput)
        {
            await Console.Out.WriteLineAsync(json);
        }
        else if (jsonFile is not null)
        {
            await File.WriteAllTextAsync(jsonFile, json + Environment.NewLine, CancellationToken.None);
        }

        return run.Counters.Connected == 0 ? Terminal.CouldNotRun
            : run.IsStopped || run.Measures.Faults.Count > 0 || run.Counters.Missing > 0 || run.Counters.Twice > 0 ? 1
            : 0;
    }

    private static Task<int> RefuseAsync(string problem) => Terminal.RefuseAsync("load", problem);
}
