using System.Diagnostics;

using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Play;

namespace Gateway.Cli;

/// <summary>
/// Does to the files of a gateway in this process what a fixture says that was done by hand: files of the store, and commands in the
/// workspace. Commands are those of whoever made the fixture: they are run only where the user has said that it is trusted. One caller at a
/// time.
/// </summary>
internal sealed class HandMadeChanges
{
    private static readonly TimeSpan s_commandLimit = TimeSpan.FromSeconds(60);

    private readonly string _home;
    private readonly bool _runsCommands;

    public HandMadeChanges(string folder, bool runsCommands)
    {
        _runsCommands = runsCommands;
        _home = Path.Combine(folder, "home");
        StoreFolder = Path.Combine(folder, "store");
        WorkspaceFolder = Path.Combine(folder, "files", "workspace");
        Directory.CreateDirectory(_home);
        Directory.CreateDirectory(StoreFolder);
        Directory.CreateDirectory(WorkspaceFolder);
    }

    public string StoreFolder { get; }

    public string WorkspaceFolder { get; }

    /// <exception cref="TargetException">A command failed, or a file is not one of the store's.</exception>
    public async Task ApplyAsync(FixtureChange change, CancellationToken cancellationToken)
    {
        if (change.File is { } file)
        {
            await WriteAsync(file, change.Text, cancellationToken);
        }

        if (_runsCommands && change.Command is { } command)
        {
            await RunAsync(command, cancellationToken);
        }
    }

    private async Task WriteAsync(string file, string? text, CancellationToken cancellationToken)
    {
        var path = Path.GetFullPath(Path.Combine(StoreFolder, file));
        if (!path.StartsWith(StoreFolder + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            throw new TargetException($"the fixture changes a file outside its store: {file}");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path) ?? StoreFolder);
        if (text is null)
        {
            File.Delete(path);
        }
        else
        {
            await File.WriteAllTextAsync(path, text, cancellationToken);
        }
    }

    private async Task RunAsync(string command, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("sh", ["-c", command])
        {
            WorkingDirectory = WorkspaceFolder,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        foreach (var (name, value) in Environment())
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start) ?? throw new TargetException("sh cannot be started");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_commandLimit);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var errors = await process.StandardError.ReadToEndAsync(limit.Token);
        await output;
        await process.WaitForExitAsync(limit.Token);
        if (process.ExitCode != 0)
        {
            var reason = errors.ReplaceLineEndings(" ").Trim();
            throw new TargetException($"a command of the fixture's workspace ended with {process.ExitCode}: {reason}");
        }
    }

    // Git neither reads nor writes what is the user's own.
    private IEnumerable<(string Name, string Value)> Environment() =>
    [
        ("HOME", _home), ("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", Path.Combine(_home, ".gitconfig")),
        ("GIT_AUTHOR_NAME", "Recorded"), ("GIT_AUTHOR_EMAIL", "recorded@example.test"),
        ("GIT_COMMITTER_NAME", "Recorded"), ("GIT_COMMITTER_EMAIL", "recorded@example.test"),
    ];
}
