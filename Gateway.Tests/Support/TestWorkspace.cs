namespace Gateway.Tests.Support;

/// <summary>
/// A workspace's folder for one test, with room beside it for what must not be reached, or for a remote repository. Deleted when disposed.
/// </summary>
internal sealed class TestWorkspace : IDisposable
{
    private static readonly Dictionary<string, string> s_environment = new()
    {
        ["GIT_AUTHOR_NAME"] = "Ada",
        ["GIT_AUTHOR_EMAIL"] = "ada@example.test",
        ["GIT_COMMITTER_NAME"] = "Ada",
        ["GIT_COMMITTER_EMAIL"] = "ada@example.test",
        ["GIT_CONFIG_GLOBAL"] = "/dev/null",
        ["GIT_CONFIG_NOSYSTEM"] = "1",
    };

    public TestWorkspace()
    {
        Outside = Directory.CreateTempSubdirectory("gateway-workspace-").FullName;
        Root = Directory.CreateDirectory(Path.Combine(Outside, "workspace")).FullName;
    }

    /// <summary>The folder around the workspace.</summary>
    public string Outside { get; }

    public string Root { get; }

    /// <summary>The setting by which a host is given this workspace.</summary>
    public string Setting => $"WORKSPACE_BASE={Root}";

    public string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>Runs a line of shell in the workspace, as the recordings' fixtures have them, and fails when it fails.</summary>
    public async Task ShellAsync(string line)
    {
        await using var shell = ProcessRunner.Start("bash", ["-c", line], Root, s_environment);
        (await shell.ExitAsync()).Should().Be(0, "{0} says: {1}", line, shell.Errors);
    }

    public void Dispose() => Directory.Delete(Outside, recursive: true);
}
