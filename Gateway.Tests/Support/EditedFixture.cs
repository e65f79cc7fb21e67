using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>
/// A copy of a committed fixture that a test changes before it is verified: another recording of the same kind of server. One test's.
/// </summary>
internal sealed class EditedFixture : IDisposable
{
    private EditedFixture(string source)
    {
        Folder = Directory.CreateTempSubdirectory("gateway-fixture-").FullName;
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(Folder, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target) ?? Folder);
            File.Copy(file, target);
        }

        Har = (JObject)WireJson.Parse(File.ReadAllText(HarPath));
    }

    public string Folder { get; }

    public string HarPath => Path.Combine(Folder, "session.har");

    public JObject Har { get; private set; }

    public JArray Entries => (JArray)(Har["log"]?["entries"] ?? throw new InvalidOperationException("No entries."));

    /// <param name="fixture">As <c>v0/replay-full</c>.</param>
    public static EditedFixture CopyOf(string fixture) => new(Verification.PathOf(fixture));

    /// <summary>The messages of the n-th WebSocket, counted from 0.</summary>
    public JArray Messages(int socket = 0) => (JArray)(Socket(socket)["_webSocketMessages"] ?? new JArray());

    public JObject Socket(int socket = 0) =>
        Entries.OfType<JObject>().Where(static entry => entry["_webSocketMessages"] is not null).ElementAt(socket);

    /// <summary>The place of the message that holds the event with that id.</summary>
    public int PlaceOf(int eventId, int socket = 0) => Messages(socket).ToList().FindIndex(message =>
        message.Value<string>("data")?.StartsWith($"42[\"oh_event\",{{\"id\":{eventId},", StringComparison.Ordinal) == true);

    public string Data(int place, int socket = 0) => Messages(socket)[place].Value<string>("data") ?? "";

    /// <summary>Replaces text everywhere: in the recording, and in the names of the folders beside it.</summary>
    public void Rename(string from, string to)
    {
        Har = (JObject)WireJson.Parse(Har.ToString(Formatting.None).Replace(from, to, StringComparison.Ordinal));
        foreach (var folder in Directory.EnumerateDirectories(Folder, from, SearchOption.AllDirectories).ToList())
        {
            Directory.Move(folder, Path.Combine(Path.GetDirectoryName(folder) ?? "", to));
        }
    }

    public void Delete(string folder) => Directory.Delete(Path.Combine(Folder, folder), recursive: true);

    /// <summary>Ends the recording there: what came later is not in it, and the clients that were there have left.</summary>
    public void CutAt(double time)
    {
        foreach (var entry in Entries.OfType<JObject>().ToList())
        {
            if (entry["_webSocketMessages"] is not JArray messages)
            {
                continue;
            }

            messages.Where(message => message.Value<double>("time") > time).ToList().ForEach(static message => message.Remove());
            if (messages.Count == 0)
            {
                entry.Remove();
            }
            else if (entry["_close"]?.Value<double>("time") is not { } closed || closed > time)
            {
                entry["_close"] = new JObject { ["by"] = "client", ["code"] = 1005, ["reason"] = "", ["time"] = time };
            }
        }
    }

    public void Save() => File.WriteAllText(HarPath, Har.ToString(Formatting.None));

    public void WriteInfo(JObject info) => File.WriteAllText(Path.Combine(Folder, "fixture.json"), info.ToString());

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
