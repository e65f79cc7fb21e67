using Gateway.Agents.V1.Upstream;
using Gateway.Conversations.Workspaces;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Rest;

/// <summary>
/// The folder at V1's server in which a conversation's agent works. What the server has no route for (a list, a ZIP) its shell does. Made
/// for each request; any thread.
/// </summary>
internal sealed class V1Workspace(Guid conversation, WorkspaceCalls calls, WorkspaceFinder finder) : IWorkspace
{
    private const int MaxTextBytes = 16 * 1_024 * 1_024;

    // What a client waits for has the request's own limit as well.
    private static readonly TimeSpan s_listLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_packLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_removeLimit = TimeSpan.FromSeconds(3);

    public async ValueTask<WorkspaceResult<IReadOnlyList<string>>> ListFilesAsync(string? path, CancellationToken cancellationToken)
    {
        if (!(await finder.FindAsync(conversation, cancellationToken)).TryGet(out var place, out var error))
        {
            return error;
        }

        if (!place.TryResolve(path ?? "", out var folder))
        {
            return WorkspaceErrors.Outside(path ?? "");
        }

        var listed = await calls.RunAsync(place.Endpoint, ShellCommands.List(folder), place.Folder, s_listLimit, cancellationToken);
        return listed is { IsSuccess: true, Object: { } output }
            ? WorkspaceResult.Of(ShellCommands.ReadList(output.Text("stdout"), folder))
            : WorkspaceErrors.Of(listed);
    }

    public async ValueTask<WorkspaceResult<string>> ReadTextAsync(string path, CancellationToken cancellationToken)
    {
        if (!(await finder.FindAsync(conversation, cancellationToken)).TryGet(out var place, out var error))
        {
            return error;
        }

        if (!place.TryResolve(path, out var file))
        {
            return WorkspaceErrors.Outside(path);
        }

        using var download = await calls.DownloadAsync(place.Endpoint, file, cancellationToken);
        if (download.Content is not { } content)
        {
            return WorkspaceErrors.OfFile(download.Result, file);
        }

        var bytes = new MemoryStream();
        if (download.Length > MaxTextBytes || !await TryCopyAsync(content, bytes, cancellationToken))
        {
            return new WorkspaceError(WorkspaceFailure.TooLarge, file, $"File too large: {file}");
        }

        var text = bytes.GetBuffer().AsSpan(0, (int)bytes.Length);
        return WorkspaceText.IsBinary(text)
            ? new WorkspaceError(WorkspaceFailure.Binary, file, "ERROR_BINARY_FILE")
            : WorkspaceText.Decode(text);
    }

    public async ValueTask<WorkspaceResult<WorkspaceArchive>> OpenArchiveAsync(CancellationToken cancellationToken)
    {
        if (!(await finder.FindAsync(conversation, cancellationToken)).TryGet(out var place, out var error))
        {
            return error;
        }

        // Packing may take minutes; that there is nobody who packs shows in seconds.
        var answers = await calls.RunAsync(place.Endpoint, ShellCommands.Nothing, place.Folder, s_listLimit, cancellationToken);
        if (!answers.IsSuccess)
        {
            return WorkspaceErrors.Of(answers);
        }

        var file = ShellCommands.NewArchive();
        var made = await calls.RunAsync(
            place.Endpoint, ShellCommands.MakeArchive(file), place.Folder, s_packLimit, cancellationToken);
        if (!made.IsSuccess || made.Object.Integer("exit_code") != 0)
        {
            return made.IsSuccess
                ? new WorkspaceError(WorkspaceFailure.Failed, "", "The workspace could not be packed.")
                : WorkspaceErrors.Of(made);
        }

        var download = await calls.DownloadAsync(place.Endpoint, file, cancellationToken);
        var archive = new DownloadedArchive(download, () => calls.RunAsync(
            place.Endpoint, ShellCommands.Remove(file), place.Folder, s_removeLimit, CancellationToken.None));
        if (download.Content is null)
        {
            await archive.DisposeAsync();
            return WorkspaceErrors.OfFile(download.Result, "");
        }

        return archive;
    }

    public async ValueTask<WorkspaceResult<string>> UploadAsync(string name, Stream content, CancellationToken cancellationToken)
    {
        if (!(await finder.FindAsync(conversation, cancellationToken)).TryGet(out var place, out var error))
        {
            return error;
        }

        if (name.Length == 0)
        {
            // As V0: a file without a name is said to be taken, and is nowhere.
            await content.CopyToAsync(Stream.Null, cancellationToken);
            return $"{place.Folder.TrimEnd('/')}/";
        }

        if (!place.TryResolve(name, out var file))
        {
            return WorkspaceErrors.Outside(name);
        }

        if (file == place.Folder)
        {
            return new WorkspaceError(WorkspaceFailure.NotAFile, file, $"Cannot write to directory: {file}");
        }

        var stored = await calls.UploadAsync(place.Endpoint, file, content, cancellationToken);
        return stored.IsSuccess ? file : WorkspaceErrors.OfFile(stored, file);
    }

    public async ValueTask<WorkspaceResult<IReadOnlyList<GitChange>>> GetChangesAsync(CancellationToken cancellationToken)
    {
        if (!(await finder.FindAsync(conversation, cancellationToken)).TryGet(out var place, out var error))
        {
            return error;
        }

        var changes = await calls.GitChangesAsync(place.Endpoint, place.Folder, cancellationToken);
        return changes switch
        {
            { IsSuccess: true, Body: JArray list } => WorkspaceResult.Of(GitAnswers.ReadChanges(list)),
            // Older servers fail where there is no repository; newer ones say that nothing has changed.
            { Status: 400 or 404 or 500, Body: not null } => WorkspaceErrors.NoRepository,
            _ => WorkspaceErrors.Of(changes),
        };
    }

    public async ValueTask<WorkspaceResult<GitDiff>> GetDiffAsync(string path, CancellationToken cancellationToken)
    {
        if (!(await finder.FindAsync(conversation, cancellationToken)).TryGet(out var place, out var error))
        {
            return error;
        }

        // Newer lists of changes name files as git quotes them; V0's UI asks with the list's own words.
        if (!place.TryResolve(GitAnswers.Unquote(path), out var file))
        {
            return WorkspaceErrors.Outside(path);
        }

        var diff = await calls.GitDiffAsync(place.Endpoint, file, cancellationToken);
        return diff is { IsSuccess: true, Object: { } answer }
            ? new GitDiff(answer.Text("modified"), answer.Text("original"))
            : WorkspaceErrors.OfFile(diff, file);
    }

    public async ValueTask<WorkspaceResult<string?>> GetEditorUrlAsync(CancellationToken cancellationToken)
    {
        if (!(await finder.FindAsync(conversation, cancellationToken)).TryGet(out var place, out var error))
        {
            return error;
        }

        var found = await calls.VscodeUrlAsync(place.Endpoint, place.Folder, cancellationToken);
        // Off (503), or a server that has no such route any more (404): there is no editor, and nothing is wrong.
        return found.Status is 404 or 503 or 410 ? (WorkspaceResult<string?>)(string?)null
            : found.IsSuccess ? found.Object.TextOrNull("url")
            : WorkspaceErrors.Of(found);
    }

    public async ValueTask<WorkspaceResult<IReadOnlyList<Microagent>>> GetMicroagentsAsync(CancellationToken cancellationToken)
    {
        if (!(await finder.FindAsync(conversation, cancellationToken)).TryGet(out var place, out var error))
        {
            return error;
        }

        var skills = await calls.SkillsAsync(place.Endpoint, place.Folder, cancellationToken);
        // 1.1 has no such route: it says nothing of its skills.
        return skills.Status is 404 or 405 ? WorkspaceResult.Of<Microagent>([])
            : skills is { IsSuccess: true, Object: { } answer } ? WorkspaceResult.Of(SkillReader.Read(answer))
            : WorkspaceErrors.Of(skills);
    }

    private static async ValueTask<bool> TryCopyAsync(Stream content, MemoryStream target, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1_024];
        while (await content.ReadAsync(buffer, cancellationToken) is > 0 and var count)
        {
            if (target.Length + count > MaxTextBytes)
            {
                return false;
            }

            target.Write(buffer, 0, count);
        }

        return true;
    }

    /// <summary>A ZIP as it comes from the server, where its file is removed in the end: not before all of it was sent.</summary>
    private sealed class DownloadedArchive(RestDownload download, Func<Task> removeAsync) : WorkspaceArchive
    {
        public override Task WriteAsync(Stream output, CancellationToken cancellationToken) =>
            download.Content!.CopyToAsync(output, cancellationToken); // Made with a content alone.

        public override async ValueTask DisposeAsync()
        {
            download.Dispose();
            await removeAsync();
            await base.DisposeAsync();
        }
    }
}
