using System.CommandLine;
using System.Net.Sockets;
using System.Runtime.InteropServices;

using Gateway.Tools.Shadow;

using Newtonsoft.Json;

namespace Gateway.Cli;

/// <summary><c>gateway shadow</c>: stands before V0, passes everything on, and asks a candidate the same.</summary>
internal static class ShadowCommand
{
    // SIGUSR1 has no name there; where the number is another one, there is the route.
    private const int ToggleSignal = 10;

    public static Command Create()
    {
        var arguments = new ShadowArguments();
        var command = new Command(
            "shadow", "Stands before a V0 server, passes everything on as it is, and compares what a candidate answers to the same.");
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
                return await RunAsync(arguments, parsed, cancellationToken);
            }
            catch (Exception exception) when (exception is SocketException or IOException or UnauthorizedAccessException
                or InvalidOperationException)
            {
                return await RefuseAsync(exception.Message.ReplaceLineEndings(" "));
            }
        });
        return command;
    }

    private static async Task<int> RunAsync(ShadowArguments arguments, ParseResult parsed, CancellationToken cancellationToken)
    {
        var settings = arguments.Settings(parsed);
        if (settings.FixtureFolder is { } folder)
        {
            Directory.CreateDirectory(folder);
        }

        var display = new ShadowDisplay(arguments.IsJson(parsed));
        await using var candidate = await arguments.StartCandidateAsync(parsed, cancellationToken);
        await using var shadow = new ShadowHost(settings, candidate, Say, display.Show, TimeProvider.System);
        shadow.Start();
        await using var operators = arguments.Operators(parsed) is { } address
            ? await ShadowOperators.StartAsync(shadow, address, arguments.OperatorsKey(parsed), cancellationToken)
            : null;
        using var toggle = OperatingSystem.IsLinux()
            ? PosixSignalRegistration.Create((PosixSignal)ToggleSignal, context => Toggle(context, shadow))
            : null;
        var title = $"Shadowing http://{shadow.Address} -> {settings.Server} beside {candidate.Address}";
        await display.RunAsync(shadow, title, cancellationToken);
        await shadow.StopAsync();
        display.ShowEnd(shadow);
        if (arguments.Report(parsed) is { } file)
        {
            await File.WriteAllTextAsync(file.FullName, ShadowReport.Of(shadow).ToString(Formatting.Indented), CancellationToken.None);
        }

        return shadow.Notes.Partial.Count > 0 ? Terminal.CouldNotRun : shadow.Counters.Different > 0 ? 1 : 0;
    }

    private static void Toggle(PosixSignalContext context, ShadowHost shadow)
    {
        context.Cancel = true;
        if (shadow.Switch.IsOn)
        {
            shadow.Switch.TurnOff("a signal turned it off");
        }
        else
        {
            shadow.Switch.TurnOn();
        }

        Say(shadow.Switch.IsOn ? "comparing is on" : "comparing is off");
    }

    private static void Say(string line) => Console.Error.WriteLine($"shadow: {line}");

    private static Task<int> RefuseAsync(string problem) => Terminal.RefuseAsync("shadow", problem);
}
