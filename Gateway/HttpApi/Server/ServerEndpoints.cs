using System.Diagnostics;

using Gateway.HttpApi.Conventions;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Server;

/// <summary>
/// Whether the server is up, and what it uses: <c>/alive</c>, <c>/health</c>, <c>/server_info</c>. Open to everybody, as with V0. Source:
/// PROTOCOL.md, "V0 REST".
/// </summary>
internal static class ServerEndpoints
{
    private const string Tag = "Server";

    private static readonly ApiAnswer s_alive = ApiAnswer.Of(new JObject { ["status"] = "ok" });
    private static readonly ApiAnswer s_health = ApiAnswer.Of(new JValue("OK"));

    public static void MapServer(this IEndpointRouteBuilder endpoints)
    {
        var usage = new ServerUsage(endpoints.ServiceProvider.GetRequiredService<TimeProvider>());
        endpoints.MapGet("/alive", static () => s_alive)
            .WithName("GetAlive").WithTags(Tag).WithSummary("Whether the server is up.");
        endpoints.MapGet("/health", static () => s_health)
            .WithName("GetHealth").WithTags(Tag).WithSummary("Whether the server is up, in one word.");
        endpoints.MapGet("/server_info", () => ApiAnswer.Of(usage.Read()))
            .WithName("GetServerInfo").WithTags(Tag).WithSummary("For how long it is up, and what it uses.");
    }

    /// <summary>Reads the process's figures in V0's form. Any thread.</summary>
    private sealed class ServerUsage(TimeProvider timeProvider)
    {
        private readonly long _started = timeProvider.GetTimestamp();

        public JObject Read()
        {
            using var process = Process.GetCurrentProcess();
            var uptime = timeProvider.GetElapsedTime(_started).TotalSeconds;
            var disk = new DriveInfo(Path.GetFullPath("."));
            var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
            return new JObject
            {
                ["uptime"] = uptime,

                // V0 counts from the last action that its runtime was asked for, which here is none.
                ["idle_time"] = uptime,
                ["resources"] = new JObject
                {
                    ["cpu_percent"] = Math.Round(100 * process.TotalProcessorTime.TotalSeconds / Math.Max(uptime, 1), 1),
                    ["memory"] = new JObject
                    {
                        ["rss"] = process.WorkingSet64,
                        ["vms"] = process.VirtualMemorySize64,
                        ["percent"] = memory > 0 ? 100.0 * process.WorkingSet64 / memory : 0.0,
                    },
                    ["disk"] = new JObject
                    {
                        ["total"] = disk.TotalSize,
                        ["used"] = disk.TotalSize - disk.TotalFreeSpace,
                        ["free"] = disk.AvailableFreeSpace,
                        ["percent"] = Math.Round(100.0 * (disk.TotalSize - disk.TotalFreeSpace) / Math.Max(disk.TotalSize, 1), 1),
                    },
                    ["io"] = ReadIo(),
                },
            };
        }

        /// <summary>The bytes that the process has moved from and to disks; nothing where the system does not say.</summary>
        private static JObject ReadIo()
        {
            var io = new JObject { ["read_bytes"] = 0, ["write_bytes"] = 0 };
            try
            {
                foreach (var line in File.ReadLines("/proc/self/io"))
                {
                    if (line.Split(": ") is [var name, var value] && io.ContainsKey(name) && long.TryParse(value, out var bytes))
                    {
                        io[name] = bytes;
                    }
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Not Linux, or not ours to read.
            }

            return io;
        }
    }
}
