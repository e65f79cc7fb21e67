using System.Globalization;

namespace Gateway.Tools.Load;

/// <summary>What a process has used up to now. Immutable.</summary>
/// <param name="Cpu">Processor time.</param>
/// <param name="MemoryKiB">What it has in memory (VmRSS).</param>
internal readonly record struct ProcessFigures(TimeSpan Cpu, long MemoryKiB, int Threads, int Handles);

/// <summary>
/// A process of this machine, from Linux' /proc: processor time from the scheduler's nanoseconds, not its hundredths of a second. The time
/// of a thread that ends counts as it was last seen. Thread-safe.
/// </summary>
internal sealed class ProcessUsage(int process)
{
    private const string OpenFiles = "Max open files";

    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _threads = [];
    private long _peakKiB;

    /// <summary>The most memory that any look has seen since <see cref="ForgetPeak"/>.</summary>
    public long PeakKiB
    {
        get
        {
            lock (_lock)
            {
                return _peakKiB;
            }
        }
    }

    /// <summary>The machine's kernel memory for connections, in KiB: slabs and TCP buffers, of both ends and of everybody.</summary>
    public static long KernelKiB()
    {
        try
        {
            var slab = NumberAfter(File.ReadAllText("/proc/meminfo"), "Slab:");
            var pages = NumberAfter(
                File.ReadLines("/proc/net/sockstat").FirstOrDefault(static line => line.StartsWith("TCP:", StringComparison.Ordinal)) ?? "",
                " mem");
            return slab + (pages * Environment.SystemPageSize / 1_024);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    /// <summary>The open files that this process may have; null where nothing says it.</summary>
    public static int? OpenFilesLimit()
    {
        try
        {
            var line = File.ReadLines("/proc/self/limits").First(static line => line.StartsWith(OpenFiles, StringComparison.Ordinal));
            var soft = line[OpenFiles.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
            return int.TryParse(soft, out var limit) ? limit : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Null when there is no such process, or it may not be looked at.</summary>
    public ProcessFigures? TryRead()
    {
        lock (_lock)
        {
            try
            {
                foreach (var task in Directory.EnumerateDirectories($"/proc/{process}/task"))
                {
                    ReadThread(task);
                }

                var status = File.ReadAllText($"/proc/{process}/status");
                var memory = NumberAfter(status, "VmRSS:");
                _peakKiB = Math.Max(_peakKiB, memory);
                return new ProcessFigures(
                    TimeSpan.FromMicroseconds(_threads.Values.Sum() / 1_000.0),
                    memory,
                    (int)NumberAfter(status, "Threads:"),
                    Directory.EnumerateFileSystemEntries($"/proc/{process}/fd").Count());
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }
    }

    /// <summary>Looks at the memory alone: cheap enough to be done often.</summary>
    public void LookAtMemory()
    {
        lock (_lock)
        {
            try
            {
                _peakKiB = Math.Max(_peakKiB, NumberAfter(File.ReadAllText($"/proc/{process}/status"), "VmRSS:"));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // It has ended; what was seen of it stands.
            }
        }
    }

    public void ForgetPeak()
    {
        lock (_lock)
        {
            _peakKiB = 0;
        }
    }

    private void ReadThread(string task)
    {
        try
        {
            var nanoseconds = File.ReadAllText($"{task}/schedstat").Split(' ')[0];
            _threads[task] = long.Parse(nanoseconds, CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // It has just ended.
        }
    }

    private static long NumberAfter(string text, string name)
    {
        var at = text.IndexOf(name, StringComparison.Ordinal);
        if (at < 0)
        {
            return 0;
        }

        var rest = text.AsSpan(at + name.Length).TrimStart();
        var length = rest.IndexOfAnyExceptInRange('0', '9');
        return long.TryParse(length < 0 ? rest : rest[..length], CultureInfo.InvariantCulture, out var number) ? number : 0;
    }
}
