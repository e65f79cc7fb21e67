namespace Gateway.Tests.Support;

/// <summary>
/// Runs programs so that the file system's permissions count for them: as they are, or, where the tests run as root, for whom they do not
/// count, as somebody else. Stateless.
/// </summary>
internal static class AnotherUser
{
    private const string Nobody = "65534";

    /// <summary>Why it cannot be done here; null when it can.</summary>
    public static string? Obstacle { get; } = OperatingSystem.IsWindows() ? "Windows has other permissions."
        : !Environment.IsPrivilegedProcess ? null
        : !Directory.Exists("/usr/bin") || !File.Exists("/usr/bin/setpriv") ? "Root needs setpriv to run a program as somebody else."
        : !OthersMayRead(AppContext.BaseDirectory) ? "Another user may not read the program."
        : null;

    /// <summary>The command line that runs a program so.</summary>
    public static IReadOnlyList<string> Command(params string[] command) => Environment.IsPrivilegedProcess
        ? ["setpriv", $"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", "env", "HOME=/nonexistent", .. command]
        : command;

    /// <summary>Opens a test's store to that user, all of it.</summary>
    public static void Open(TempStore store)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        const UnixFileMode all = (UnixFileMode)0b111_111_111;
        File.SetUnixFileMode(store.Root, all);
        foreach (var path in Directory.EnumerateFileSystemEntries(store.Root, "*", SearchOption.AllDirectories))
        {
            File.SetUnixFileMode(path, all);
        }
    }

    /// <summary>Lets that user make files in a folder.</summary>
    public static void OpenFolder(string path) => Close(path, (UnixFileMode)0b111_111_111);

    /// <summary>Takes permissions away (and from root's point of view nothing).</summary>
    public static void Close(string path, UnixFileMode left = UnixFileMode.None)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, left);
        }
    }

    private static bool OthersMayRead(string path)
    {
        for (var current = new DirectoryInfo(path); current is not null; current = current.Parent)
        {
            if (!OperatingSystem.IsWindows() && !current.UnixFileMode.HasFlag(UnixFileMode.OtherExecute))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>A test of the file system's permissions; skipped, with the reason, where they cannot be tested.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PermissionsTheoryAttribute : TheoryAttribute
{
    public PermissionsTheoryAttribute() => Skip = AnotherUser.Obstacle;
}
