using System.CommandLine;

using Gateway.Fixtures.Import;

namespace Gateway.Cli;

/// <summary><c>gateway import</c>: a V0 trajectory becomes a store and a fixture.</summary>
internal static class ImportCommand
{
    public static Command Create()
    {
        var file = new Argument<FileInfo>("trajectory") { Description = "A trajectory as V0 exports it: a JSON array of events." };
        var output = new Option<DirectoryInfo>("--out") { Description = "The folder to make: store/ in V0's layout, and a fixture that replays it.", Required = true };
        var command = new Command("import", "Turns a V0 trajectory into a store that the gateway serves, and a fixture.") { file, output };
        command.SetAction(async (parsed, _) =>
        {
            string? problem;
            try
            {
                problem = TrajectoryImporter.Import(parsed.GetRequiredValue(file).FullName, parsed.GetRequiredValue(output).FullName, TimeProvider.System);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                problem = error.Message;
            }

            if (problem is null)
            {
                return 0;
            }

            await Console.Error.WriteLineAsync($"import: {problem}");
            return Terminal.CouldNotRun;
        });
        return command;
    }
}
