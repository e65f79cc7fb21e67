using Gateway.Primitives;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Load;

/// <summary>What a run has come to, as JSON. Nothing of it is a secret: the address is without its query. Stateless.</summary>
internal static class LoadReport
{
    private const int Places = 3;

    public static JObject Of(LoadRun run)
    {
        var counters = run.Counters;
        var json = new JObject
        {
            ["scenario"] = SmallWords.Of(run.Plan.Scenario),
            ["url"] = run.Plan.Address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped),
            ["clients"] = run.Plan.Clients,
            ["rooms"] = run.Plan.Rooms,
            ["stopped"] = run.IsStopped,
            ["connections"] = new JObject
            {
                ["connected"] = counters.Connected,
                ["failed"] = counters.Failed,
                ["lost"] = counters.Lost,
                ["live"] = counters.Live,
            },
            ["actions"] = counters.Sent,
            ["events"] = new JObject
            {
                ["all"] = counters.Events,
                ["expected"] = counters.Expected,
                ["received"] = counters.Received,
                ["missing"] = counters.Missing,
                ["twice"] = counters.Twice,
            },
            ["bytes"] = counters.Bytes,
            ["compressed"] = counters.Compressed,
            ["times"] = new JObject(run.Measures.Shown.Select(static times => new JProperty(times.Name, TimesOf(times)))),
            ["phases"] = new JObject(run.Measures.Phases.Select(static phase => new JProperty(phase.Name, PhaseOf(phase)))),
            ["faults"] = new JObject(run.Measures.Faults.Select(static fault => new JProperty(fault.Key, fault.Value))),
        };
        if (run.Memory is { } memory)
        {
            json["memory"] = new JObject
            {
                ["beforeKiB"] = memory.Before,
                ["afterKiB"] = memory.After,
                ["peakKiB"] = memory.Peak,
                ["kernelKiB"] = memory.Kernel,
                ["threads"] = memory.Threads,
                ["handles"] = memory.Handles,
            };
        }

        return json;
    }

    private static JObject TimesOf(LoadTimes times) => new()
    {
        ["count"] = times.Count,
        ["p50Milliseconds"] = times.P50,
        ["p90Milliseconds"] = times.P90,
        ["p99Milliseconds"] = times.P99,
        ["p999Milliseconds"] = times.P999,
        ["longestMilliseconds"] = times.Longest,
    };

    private static JObject PhaseOf(LoadPhase phase) => new()
    {
        ["seconds"] = Math.Round(phase.Duration.TotalSeconds, Places),
        ["count"] = phase.Count,
        ["serverCpuMilliseconds"] = phase.Server is { } server ? Math.Round(server.TotalMilliseconds, Places) : null,
        ["generatorCpuMilliseconds"] = Math.Round(phase.Generator.TotalMilliseconds, Places),
        ["generatorIsBusier"] = phase.IsGeneratorBusier,
    };
}
