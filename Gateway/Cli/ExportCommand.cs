using System.CommandLine;

using Gateway.Hosting;
using Gateway.Tools.History;
using Gateway.Tools.Import;

namespace Gateway.Cli;

/// <summary>
/// <c>gateway export v1</c>: V1 conversations as V0 keeps them. Owns its options; made once for a run.
/// </summary>
internal sealed class ExportCommand
{
    private const string Name = "export v1";

    private readonly Option<string> _from = new("--from")
    {
        Description = "Where V1's conversations are: an agent-server's URL, or the folder in which it keeps them. Nothing is changed.",
        Required = true,
    };

    private readonly Option<string[]> _to = new("--to")
    {
        Description = "v0 FOLDER, a store as V0 has it, which is made there; or v0 trajectory:FILE, one conversation as V0 exports it.",
        Required = true,
        Arity = new ArgumentArity(1, 2),
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly HistoryArguments _shared = new();

    public static Command Create()
    {
        var export = new ExportCommand();
        var command = new Command(
            "v1",
            "Writes V1 conversations as V0 keeps them, as they would have been shown to V0's clients. Exit code 0: every message, call and "
            + "result is there; 1: some are not, each told in a line; 2: something could not be written, and the report is a partial one.")
        {
            export._from, export._to, export._shared.Key, export._shared.Conversations,
        };
        command.SetAction(export.InvokeAsync);
        return new Command("export", "Writes conversations for another server.") { command };
    }

    private async Task<int> InvokeAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var to = parsed.GetRequiredValue(_to);
        if (to is not ["v0", _])
        {
            return await RefuseAsync($"--to is v0 FOLDER or v0 trajectory:FILE, and not {string.Join(' ', to)}");
        }

        var ids = new List<Guid>();
        foreach (var text in parsed.GetValue(_shared.Conversations) ?? [])
        {
            if (!Guid.TryParse(text, out var id))
            {
                return await RefuseAsync($"--conversation: {text} is no id of V1's");
            }

            ids.Add(id);
        }

        var from = parsed.GetRequiredValue(_from);
        if (!from.Contains("://", StringComparison.Ordinal))
        {
            var (logs, missing) = V1Folder.Open(HistoryPlaces.FolderOf(from), ids);
            return missing is not null ? await RefuseAsync($"--from: {missing}") : await WriteAsync(logs, to[1], cancellationToken);
        }

        var (opened, problem) = OpenedV1.Open("--from", from, parsed.GetValue(_shared.Key));
        if (opened is null)
        {
            return await RefuseAsync(problem);
        }

        using var server = opened;
        var door = new V1Door(server.Rest, server.Endpoint);
        if (await door.FindProblemAsync(cancellationToken) is { } fault)
        {
            return await RefuseAsync($"--from: {fault}");
        }

        var (found, answer) = await door.ListAsync(ids, cancellationToken);
        return answer.Problem is not null
            ? await RefuseAsync($"--from: {answer.Problem}")
            : await WriteAsync(found, to[1], cancellationToken);
    }

    private static async Task<int> WriteAsync(IReadOnlyList<IV1Log> logs, string to, CancellationToken cancellationToken)
    {
        if (logs.Count == 0)
        {
            return await RefuseAsync("--from: there is no conversation");
        }

        var trajectory = HistoryPlaces.TrajectoryOf(to);
        if (trajectory is not null && logs.Count > 1)
        {
            return await RefuseAsync($"there are {logs.Count} conversations, and a trajectory has one: --conversation says which");
        }

        var place = Path.GetFullPath(trajectory ?? HistoryPlaces.FolderOf(to));
        if (!NewFolder.IsFree(place) || (trajectory is not null && Directory.Exists(place)))
        {
            return await RefuseAsync($"--to: {place} {(File.Exists(place) ? "exists already" : "is not empty")}");
        }

        // Before anything is read, which may take long.
        if ((trajectory is null ? NewFolder.FindProblem(place) : ReportFile.FindProblem(new FileInfo(place))) is { } problem)
        {
            return await RefuseAsync($"--to: {problem}");
        }

        var display = new HistoryDisplay(Name, TimeProvider.System);
        display.Report.Total = logs.Count;
        var exporter = new HistoryExporter(display.Report, TimeProvider.System);
        return await display.RunAsync(
            () => trajectory is null
                ? exporter.WriteStoreAsync(logs, place, cancellationToken)
                : exporter.WriteTrajectoryAsync(logs[0], place, cancellationToken),
            "V1",
            "V0");
    }

    private static Task<int> RefuseAsync(string? problem) => Terminal.RefuseAsync(Name, problem);
}
