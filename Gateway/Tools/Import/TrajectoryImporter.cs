using System.Globalization;
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

    public static ImportResult Import(string path, string output, TimeProvider timeProvider)
    {
        if (!File.Exists(path))
        {
            return ImportResult.Refused($"{path} does not exist");
        }

        var root = JsonTree.ReadOrNull(File.ReadAllText(path));
        if ((root as JArray ?? root.Member("trajectory") as JArray) is not { } events)
        {
            return ImportResult.Refused($"{path} is no trajectory: it is cut off, or holds no array of events");
        }

        var trajectory = TrajectoryEvents.Read(events);
        if (trajectory.Events is not { Count: > 0 } numbered)
        {
            return ImportResult.Refused($"{path} holds no event (an object with \"action\" or \"observation\")");
        }

        if (Directory.Exists(output) && Directory.EnumerateFileSystemEntries(output).Any())
        {
            return ImportResult.Refused($"{output} is not empty");
        }

        var id = ConversationId(path);
        var building = output.TrimEnd(Path.DirectorySeparatorChar, '/') + ".tmp";
        if (Directory.Exists(building))
        {
            Directory.Delete(building, recursive: true);
        }

        WriteStore(Path.Combine(building, "store", "sessions", id), id, numbered, timeProvider);
        File.WriteAllText(Path.Combine(building, HarFile.FixtureName), Har(id, numbered, timeProvider.GetUtcNow()));
        File.WriteAllText(Path.Combine(building, "fixture.json"), new JObject
        {
            ["name"] = Path.GetFileName(output.TrimEnd('/')),
            ["title"] = $"Replay of {Path.GetFileName(path)}",
            ["server"] = "a trajectory, imported",
            ["ignore"] = new JArray(s_rewritten.Cast<object>().ToArray()),
        }.ToString(Formatting.Indented));
        if (Directory.Exists(output))
        {
            Directory.Delete(output);
        }

        Directory.Move(building, output);
        return new ImportResult(null, id, numbered.Count, trajectory.Remarks);
    }

    private static void WriteStore(string folder, string id, IReadOnlyList<V0Event> events, TimeProvider timeProvider)
    {
        Directory.CreateDirectory(Path.Combine(folder, "events"));
        foreach (var one in events)
        {
            File.WriteAllText(Path.Combine(folder, "events", one.Id.ToString(CultureInfo.InvariantCulture) + ".json"),
                one.Json.ToString(Formatting.None));
        }

        var created = timeProvider.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
        File.WriteAllText(Path.Combine(folder, "metadata.json"), new JObject
        {
            ["conversation_id"] = id,
            ["title"] = "Conversation " + id[..Math.Min(5, id.Length)],
            ["created_at"] = created,
            ["last_updated_at"] = created,
            ["selected_repository"] = null,
            ["user_id"] = null,
            ["trigger"] = "gui",
        }.ToString(Formatting.None));
    }

    /// <summary>One connection that gets the replay, as V0 gives it: the newest agent state last.</summary>
    private static string Har(string id, IReadOnlyList<V0Event> events, DateTimeOffset start)
    {
        var state = events.LastOrDefault(static one => one.IsAgentState);
        var replay = events.Where(static one => !one.MayBeLeftOutOfReplay).Concat(state is null ? [] : [state]);
        string[] opening = ["0{\"sid\":\"redacted-1\",\"upgrades\":[],\"pingTimeout\":20000,\"pingInterval\":25000,\"maxPayload\":4194304}",
            "40"];
        var frames = opening
            .Concat(replay.Select(static one => "42" + new JArray("oh_event", one.Json).ToString(Formatting.None)))
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

    private static string ConversationId(string path)
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
