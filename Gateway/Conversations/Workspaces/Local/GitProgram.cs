using System.ComponentModel;
using System.Diagnostics;

namespace Gateway.Conversations.Workspaces.Local;

/// <summary>How a run of git ended.</summary>
internal enum GitOutcome
{
    Succeeded,

    /// <summary>It said no: the repository, or what was asked for, is not there or damaged.</summary>
    Refused,

    /// <summary>There is no such program on this machine.</summary>
    NoGit,

    /// <summary>It wrote more than was wanted.</summary>
    TooMuch,
}

/// <summary>What git wrote, if it succeeded. Immutable.</summary>
internal sealed record GitOutput(GitOutcome Outcome, byte[] Bytes)
{
    public bool IsSuccess => Outcome == GitOutcome.Succeeded;

    public string Text => System.Text.Encoding.UTF8.GetString(Bytes);
}

/// <summary>
/// Runs git on repositories that a stranger may have made. No shell, no network, no prompt, no lock, no environment of ours; and for all
/// that looks at an index or at files, none of the repository's own configuration, which could name programs to run: those runs use a
/// configuration of ours beside the repository's objects and index. At most a few run at once, each within its caller's time. One for the
/// process, which disposes it; any thread.
/// </summary>
internal sealed class GitProgram(WorkspaceOptions options) : IDisposable
{
    private const int MaxAtOnce = 4;
    private const int BlockBytes = 32 * 1_024;

    private readonly SemaphoreSlim _slots = new(MaxAtOnce);
    private readonly Lazy<string> _shadows = new(MakeShadows);

    /// <summary>Reads the repository's names and commits, as its own configuration says where they are kept.</summary>
    public Task<GitOutput> ReadRefsAsync(
        GitRepository repository, IEnumerable<string> arguments, int maxBytes, CancellationToken cancellationToken) =>
        RunAsync(
            ["--git-dir", repository.GitFolder, "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.alternateRefsCommand=",
                .. arguments],
            repository, [], maxBytes, cancellationToken);

    /// <summary>A copy of the repository's index; null when there can be none. Blocks for as long as the disk takes.</summary>
    public GitIndexCopy? CopyIndex(GitRepository repository) => GitIndexCopy.Make(repository, _shadows.Value);

    /// <summary>Reads its objects, its index and its files under a configuration of ours.</summary>
    /// <param name="index">Taken in place of the repository's own, for what would write into it.</param>
    public Task<GitOutput> ReadFilesAsync(
        GitRepository repository,
        bool isSha256,
        GitIndexCopy? index,
        IEnumerable<string> arguments,
        int maxBytes,
        CancellationToken cancellationToken) =>
        RunAsync(
            ["--git-dir", Path.Join(_shadows.Value, isSha256 ? "sha256" : "sha1"), "--work-tree", repository.Folder,
                "-c", $"core.excludesFile={repository.ExcludesFile}", .. arguments],
            repository,
            [("GIT_OBJECT_DIRECTORY", repository.Objects), ("GIT_INDEX_FILE", index?.Path ?? repository.Index)],
            maxBytes,
            cancellationToken);

    public void Dispose()
    {
        if (!_shadows.IsValueCreated)
        {
            return;
        }

        try
        {
            Directory.Delete(_shadows.Value, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A few small files in the folder for temporary ones.
        }
    }

    private async Task<GitOutput> RunAsync(
        IEnumerable<string> arguments,
        GitRepository repository,
        IEnumerable<(string Name, string Value)> environment,
        int maxBytes,
        CancellationToken cancellationToken)
    {
        await _slots.WaitAsync(cancellationToken);
        var process = new Process { StartInfo = Describe(arguments, repository, environment) };
        try
        {
            process.Start();
        }
        catch (Win32Exception)
        {
            process.Dispose();
            _slots.Release();
            return new GitOutput(GitOutcome.NoGit, []);
        }

        try
        {
            return await ReadAsync(process, maxBytes, cancellationToken);
        }
        finally
        {
            _ = EndAsync(process);
        }
    }

    /// <summary>
    /// Ends the program and gives its slot back once it is gone. One that hangs in the file system cannot be killed: it keeps the slot, so
    /// that no more of them gather than there are slots, and its caller does not wait for it.
    /// </summary>
    private async Task EndAsync(Process process)
    {
        using (process)
        {
            Kill(process);
            await process.WaitForExitAsync(CancellationToken.None);
        }

        _slots.Release();
    }

    private static async Task<GitOutput> ReadAsync(Process process, int maxBytes, CancellationToken cancellationToken)
    {
        process.StandardInput.Close();
        // What git complains about may hold paths of this machine: nobody is told.
        var complaints = process.StandardError.BaseStream.CopyToAsync(Stream.Null, cancellationToken);
        using var output = new MemoryStream();
        var block = new byte[BlockBytes];
        for (int read; (read = await process.StandardOutput.BaseStream.ReadAsync(block, cancellationToken)) > 0;)
        {
            if (output.Length + read > maxBytes)
            {
                return new GitOutput(GitOutcome.TooMuch, []);
            }

            output.Write(block, 0, read);
        }

        await complaints;
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0
            ? new GitOutput(GitOutcome.Succeeded, output.ToArray())
            : new GitOutput(GitOutcome.Refused, []);
    }

    private ProcessStartInfo Describe(
        IEnumerable<string> arguments, GitRepository repository, IEnumerable<(string Name, string Value)> environment)
    {
        var start = new ProcessStartInfo(options.GitProgram)
        {
            // Not the repository's: a folder on a mount that hangs would hold up whoever starts the program.
            WorkingDirectory = "/",
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in s_environment.Concat(environment).Append(("PATH", Environment.GetEnvironmentVariable("PATH") ?? "")))
        {
            start.Environment[name] = value;
        }

        foreach (var argument in new[] { "-C", repository.Folder, "--no-pager" }.Concat(arguments))
        {
            start.ArgumentList.Add(argument);
        }
        return start;
    }

    private static readonly (string Name, string Value)[] s_environment =
    [
        ("GIT_ALLOW_PROTOCOL", "none"),
        ("GIT_ASKPASS", "/bin/false"),
        ("GIT_ATTR_NOSYSTEM", "1"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_NO_LAZY_FETCH", "1"),
        ("GIT_NO_REPLACE_OBJECTS", "1"),
        ("GIT_OPTIONAL_LOCKS", "0"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("HOME", "/nonexistent"),
        ("LC_ALL", "C"),
        ("XDG_CONFIG_HOME", "/nonexistent"),
    ];

    private static void Kill(Process process)
    {
        try
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception)
        {
            // It ended by itself meanwhile.
        }
    }

    /// <summary>Two git folders without anything in them, for the two kinds of object names.</summary>
    private static string MakeShadows()
    {
        var shadows = Directory.CreateTempSubdirectory("gateway-git-").FullName;
        foreach (var (name, format) in new[]
        {
            ("sha1", "\trepositoryformatversion = 0\n"),
            ("sha256", "\trepositoryformatversion = 1\n[extensions]\n\tobjectformat = sha256\n"),
        })
        {
            var folder = Path.Join(shadows, name);
            Directory.CreateDirectory(Path.Join(folder, "objects"));
            Directory.CreateDirectory(Path.Join(folder, "refs"));
            File.WriteAllText(Path.Join(folder, "HEAD"), "ref: refs/heads/none\n");
            File.WriteAllText(Path.Join(folder, "config"), $"[core]\n{format}");
        }

        return shadows;
    }
}
