using System.Runtime.InteropServices;

using Microsoft.Win32.SafeHandles;

namespace Gateway.Tests.Support;

/// <summary>
/// Makes a file hang: whoever opens it waits until this is disposed, as on a disk that does not answer. It is a lease of Linux, which the
/// kernel breaks after its own time, 45 seconds. One test's.
/// </summary>
internal sealed class FileLease : IDisposable
{
    private const int SetSignal = 10;
    private const int SetLease = 1024;
    private const int WriteLease = 1;

    // The kernel's request to give the lease back; this signal is ignored unless somebody asks for it.
    private const int IgnoredSignal = 23;

    private readonly SafeFileHandle _file;

    public FileLease(string path)
    {
        _file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        var descriptor = (int)_file.DangerousGetHandle();
        if (Control(descriptor, SetSignal, IgnoredSignal) != 0 || Control(descriptor, SetLease, WriteLease) != 0)
        {
            throw new InvalidOperationException($"No lease: {Marshal.GetLastPInvokeErrorMessage()}.");
        }
    }

    /// <summary>Closing the file gives the lease back.</summary>
    public void Dispose() => _file.Dispose();

    [DllImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Control(int descriptor, int command, int argument);
}
