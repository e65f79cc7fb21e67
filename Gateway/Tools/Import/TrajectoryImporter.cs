using System.Text;

using Gateway.Primitives.Json;
using Gateway.Tools.Har;
using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Wire;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Import;

/// <summary>
/// Turns a V0 trajectory (the array that V0 exports) into a store in V0's layout, and into a fixture that replays it. The folder is there
/// whole or not at all.
/// </summary>
internal static class TrajectoryImporter
{
    // What V0 makes anew when it reads an old event (PROTOCOL.md, "V0 legacy fields"); the server under test does so as well.
    private static readonly string[] s_rewritten =
    [
        "/message", "/timestamp", "/args/timestamp", "/args/is_confirmed", "/args/confirmation_state", "/args/images_urls",
            "/args/image_urls", "/args/security_risk",
        "/args/keep_prompt", "/args/task_completed", "/args/translated_ipython_code", "/extras/exit_code", "/extras/command_id",
            "/extras/metadata", "/extras/formatted_output_and_error",
    ];

    // ASCII alone, as V0's Python writes it: half a surrogate pair, which that keeps, has no other form.
    private static readonly JsonSerializerSettings s_ascii = new() { StringEscapeHandling = StringEscapeHandling.EscapeNonAscii };

    public static ImportResult Import(string path, string output, TimeProvider timeProvider)
    {
        var (trajectory, problem) = Read(path);
        if (problem is not null)
        {
            return ImportResult.Refused(problem);
        }

        if (!NewFolder.IsFree(output))
        {
            return ImportResult.Refused($"{output} is not empty");
        }

        var (id, numbered) = (ConversationIdOf(path), trajectory.Events);
        var now = timeProvider.GetUtcNow();
        using var folder = NewFolder.At(output);
        StoreFolder.Write(
            Path.Combine(folder.Building, "store"),
            id,
            numbered.Select(static one => (one.Id, (ReadOnlyMemory<byte>)Encoding.ASCII.GetBytes(Written(one.Json)))),
            title: null,
            now);
        File.WriteAllText(Path.Combine(folder.Building, HarFile.FixtureName), Har(id, numbered, now));
        File.WriteAllText(Path.Combine(folder.Building, "fixture.json"), new JObject
        {
            ["name"] = Path.GetFileName(output.TrimEnd('/')),
            ["title"] = $"Replay of {Path.GetFileName(path)}",
            ["server"] = "a trajectory, imported",
            ["ignore"] = new JArray(s_rewritten.Cast<object>().ToArray()),
        }.ToString(Formatting.Indented));
        folder.Move();
        return new ImportResult(null, id, numbered.Count, trajectory.Remarks);
    }

    /// <summary>The events of a trajectory's file; or why there are none.</summary>
    public static (TrajectoryEvents Trajectory, string? Problem) Read(string path)
    {
        var none = new TrajectoryEvents([], []);
        if (!File.Exists(path))
        {
            return (none, $"{path} does not exist");
        }

        var root = JsonTree.ReadOrNull(File.ReadAllText(path));
        if ((root as JArray ?? root.Member("trajectory") as JArray) is not { } events)
        {
            return (none, $"{path} is no trajectory: it is cut off, or holds no array of events");
        }

        var trajectory = TrajectoryEvents.Read(events);
        return trajectory.Events.Count > 0
            ? (trajectory, null)
            : (none, $"{path} holds no event (an object with \"action\" or \"observation\")");
    }

    private static string Written(JToken json) => JsonConvert.SerializeObject(json, Formatting.None, s_ascii);

    /// <summary>One connection that gets the replay, as V0 gives it: the newest agent state last.</summary>
    private static string Har(string id, IReadOnlyList<V0Event> events, DateTimeOffset start)
    {
        var state = events.LastOrDefault(static one => one.IsAgentState);
        var replay = events.Where(static one => !one.MayBeLeftOutOfReplay).Concat(state is null ? [] : [state]);
        string[] opening = ["0{\"sid\":\"redacted-1\",\"upgrades\":[],\"pingTimeout\":20000,\"pingInterval\":25000,\"maxPayload\":4194304}",
            "40"];
        var frames = opening
            .Concat(replay.Select(static one => "42" + Written(new JArray("oh_event", one.Json))))
            .Append("40{\"sid\":\"redacted-2\"}")
            .ToList();
        var seconds = (start - DateTimeOffset.UnixEpoch).TotalSeconds;
        string[] query = ["latest_event_id=-1", $"conversation_id={id}", "EIO=4", "transport=websocket"];
        var entry = new JObject
        {
            ["startedDateTime"] = Record.RecordingEntry.Date(start),
            ["time"] = 0,
            ["_resourceType"] = "websocket",
            ["request"] = new JObject
            {
                ["method"] = "GET",
                ["url"] = $"http://localhost:3000/socket.io/?{string.Join('&', query)}",
                ["httpVersion"] = "HTTP/1.1",
                ["cookies"] = new JArray(),
                ["headers"] = new JArray(),
                ["queryString"] = new JArray(query.Select(static pair => pair.Split('='))
                    .Select(static pair => new JObject { ["name"] = pair[0], ["value"] = pair[1] })),
                ["headersSize"] = -1,
                ["bodySize"] = 0,
            },
            ["response"] = new JObject
            {
                ["status"] = 101,
                ["statusText"] = "Switching Protocols",
                ["httpVersion"] = "HTTP/1.1",
                ["cookies"] = new JArray(),
                ["headers"] = new JArray(),
                ["content"] = new JObject { ["size"] = 0, ["mimeType"] = "" },
                ["redirectURL"] = "",
                ["headersSize"] = -1,
                ["bodySize"] = 0,
            },
            ["cache"] = new JObject(),
            ["timings"] = new JObject { ["send"] = 0, ["wait"] = 0, ["receive"] = 0 },
            ["_webSocketMessages"] = new JArray(frames.Select((frame, index) => new JObject
            {
                ["type"] = index == 1 ? "send" : "receive",
                ["time"] = Math.Round(seconds + (index * 0.001), 3),
                ["opcode"] = 1,
                ["data"] = frame,
            })),
            ["_close"] = new JObject
            {
                ["by"] = "client",
                ["code"] = 1000,
                ["reason"] = "",
                ["time"] = Math.Round(seconds + (frames.Count * 0.001), 3)
            },
        };
        var log = new JObject
        {
            ["version"] = "1.2",
            ["creator"] = new JObject { ["name"] = "gateway import", ["version"] = "1" },
            ["pages"] = new JArray(),
            ["entries"] = new JArray(entry)
        };
        return new JObject { ["log"] = log }.ToString(Formatting.Indented);
    }

    /// <summary>The id that a trajectory's conversation gets: its file's name, as far as an id may be so.</summary>
    public static string ConversationIdOf(string path)
    {
        var name = new StringBuilder();
        foreach (var c in Path
            .GetFileNameWithoutExtension(path)
            .Where(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
            .Take(64))
        {
            name.Append(c);
        }

        return name.Length == 0 ? "trajectory" : name.ToString();
    }
}
