using System.CommandLine;
using System.Globalization;

using Gateway.Tools.Import;

namespace Gateway.Cli;

/// <summary><c>gateway import</c>: a V0 trajectory becomes a store and a fixture.</summary>
internal static class ImportCommand
{
    public static Command Create()
    {
        var file = new Argument<FileInfo>("trajectory") { Description = "A trajectory as V0 exports it: a JSON array of events." };
        var output = new Option<DirectoryInfo>(
            "--out")
        { Description = "The folder to make: store/ in V0's layout, and a fixture that replays it.", Required = true };
        var command = new Command("import", "Turns a V0 trajectory into a store that the gateway serves, and a fixture.")
        {
            file, output, ImportV0Command.Create(),
        };
        command.SetAction(async (parsed, _) =>
        {
            var folder = parsed.GetRequiredValue(output).FullName;
            ImportResult result;
            try
            {
                result = TrajectoryImporter.Import(parsed.GetRequiredValue(file).FullName, folder, TimeProvider.System);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                result = ImportResult.Refused(exception.Message);
            }

            if (result.Problem is not null)
            {
                return await Terminal.RefuseAsync("import", result.Problem);
            }

            await SayAsync(result, folder);
            return 0;
        });
        return command;
    }

    private static async Task SayAsync(ImportResult result, string folder)
    {
        var store = Path.Combine(folder, "store");
        var events = result.Events == 1 ? "1 event" : $"{result.Events.ToString(CultureInfo.InvariantCulture)} events";
        foreach (var remark in result.Remarks)
        {
            await Console.Out.WriteLineAsync($"Note: {remark}.");
        }

        await Console.Out.WriteLineAsync($"Conversation {result.ConversationId} with {events} is in {store}.");
        await Console.Out.WriteLineAsync($"Serve it:  gateway --Storage:Root {store}");
        await Console.Out.WriteLineAsync($"Verify it: gateway verify {folder}");
    }
}
