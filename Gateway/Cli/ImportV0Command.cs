using System.CommandLine;

using Gateway.Hosting;
using Gateway.Tools.History;
using Gateway.Tools.Import;

namespace Gateway.Cli;

/// <summary>
/// <c>gateway import v0</c>: V0 conversations go on at a V1 agent-server, or become the folders that it reads. Owns its options; made once
/// for a run.
/// </summary>
internal sealed class ImportV0Command
{
    private const string Name = "import v0";

    private readonly Option<string> _from = new("--from")
    {
        Description = "Where V0's conversations are: files:PATH or postgres:CONNECTIONSTRING as with storage copy, or trajectory:FILE, "
            + "one that V0 has exported. Nothing is changed there, but see --continue.",
        Required = true,
    };

    private readonly Option<string[]> _to = new("--to")
    {
        Description = "v1 URL, an agent-server that runs; or v1 FOLDER, where folders are written as it keeps them.",
        Required = true,
        Arity = new ArgumentArity(1, 2),
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<DirectoryInfo?> _folder = new("--folder")
    {
        Description = "The folder in which the agent-server at URL keeps its conversations, as this machine sees it. V1 takes no history "
            + "over its REST: it finds it there when it is asked for the conversation.",
    };

    private readonly Option<bool> _placed = new("--placed")
    {
        Description = "In place of --folder: the folders of an earlier run were copied to the agent-server's machine already.",
    };

    private readonly Option<FileInfo?> _template = new("--template")
    {
        Description = "How conversations are made on the agent-server: a JSON file; without it that of the settings "
            + "(V1__ConversationTemplate).",
    };

    private readonly HistoryArguments _shared = new();

    private readonly Option<bool> _allowGaps = new("--allow-gaps")
    {
        Description = "Take conversations from whose middle events are missing. V0 leaves such gaps, rarely; so does a copy by half.",
    };

    private readonly Option<bool> _continue = new("--continue")
    {
        Description = "Note in the source what was carried over (v1_map.jsonl beside each conversation), so that a gateway with --agent v1 "
            + "over that store goes on behind it, and does not show it a second time. Stop the gateway that serves it first.",
    };

    public static Command Create()
    {
        var import = new ImportV0Command();
        var command = new Command(
            "v0",
            "Carries V0 conversations over to V1 with their history. Run again it goes on: what is there is only compared. Exit code 0: "
            + "every message, call and result is there; 1: some are not, each told in a line; 2: something could not be carried over, and "
            + "the report is a partial one.")
        {
            import._from, import._to, import._folder, import._placed, import._template, import._shared.Key, import._shared.Conversations,
            import._allowGaps, import._continue,
        };
        command.SetAction(import.InvokeAsync);
        return command;
    }

    private async Task<int> InvokeAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var to = parsed.GetRequiredValue(_to);
        if (to is not ["v1", _])
        {
            return await RefuseAsync($"--to is v1 URL or v1 FOLDER, and not {string.Join(' ', to)}");
        }

        var isServer = to[1].Contains("://", StringComparison.Ordinal);
        var (folder, isPlaced) = (parsed.GetValue(_folder), parsed.GetValue(_placed));
        if (!isServer)
        {
            return folder is not null || isPlaced
                ? await RefuseAsync("--folder and --placed are for an agent-server's URL")
                : await RunAsync(parsed, new DirectoryInfo(HistoryPlaces.FolderOf(to[1])).FullName, null, cancellationToken);
        }

        if ((folder is not null) == isPlaced)
        {
            return await RefuseAsync(isPlaced
                ? "give --folder or --placed"
                : "V1 has no door for a history in its REST: give --folder, where it keeps its conversations; or write them with "
                    + "--to v1 FOLDER, copy them there, and run this again with --placed");
        }

        if (folder is { Exists: false })
        {
            return await RefuseAsync($"--folder: there is no folder {folder.FullName}");
        }

        var (template, problem) = OpenedV1.OpenTemplate(parsed.GetValue(_template)?.FullName);
        if (template is null)
        {
            return await RefuseAsync(problem);
        }

        (var opened, problem) = OpenedV1.Open("--to", to[1], parsed.GetValue(_shared.Key));
        if (opened is null)
        {
            return await RefuseAsync(problem);
        }

        using var server = opened;
        var door = new V1Door(server.Rest, server.Endpoint, template.CreateOrDefault);
        return await door.FindProblemAsync(cancellationToken) is { } fault
            ? await RefuseAsync($"--to: {fault}")
            : await RunAsync(parsed, folder?.FullName, door, cancellationToken);
    }

    private async Task<int> RunAsync(ParseResult parsed, string? folder, V1Door? door, CancellationToken cancellationToken)
    {
        var from = parsed.GetRequiredValue(_from);
        var wanted = parsed.GetValue(_shared.Conversations) ?? [];
        var display = new HistoryDisplay(Name, TimeProvider.System);
        var run = new HistoryImportRun(
            new HistoryImporter(folder, door, display.Report), display.Report, wanted, parsed.GetValue(_allowGaps),
            tellsBridge: parsed.GetValue(_continue));
        if (HistoryPlaces.TrajectoryOf(from) is { } path)
        {
            var (trajectory, fault) = TrajectoryImporter.Read(path);
            foreach (var remark in trajectory.Remarks)
            {
                await Console.Out.WriteLineAsync($"Note: {remark}.");
            }

            return fault is not null
                ? await RefuseAsync($"--from: {fault}")
                : await RunAsync(display, () => run.TrajectoryAsync(path, trajectory, cancellationToken));
        }

        var (source, problem) = await OpenedStore.OpenAsync(from, mayMake: false, maxConnections: 2, cancellationToken);
        if (source is null)
        {
            return await RefuseAsync($"--from: {problem}");
        }

        await using (source)
        {
            return await RunAsync(display, () => run.StoreAsync(source.Store, cancellationToken));
        }
    }

    private static Task<int> RunAsync(HistoryDisplay display, Func<Task> run) => display.RunAsync(run, "V0", "V1");

    private static Task<int> RefuseAsync(string? problem) => Terminal.RefuseAsync(Name, problem);
}
