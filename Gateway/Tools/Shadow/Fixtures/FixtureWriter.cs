using System.Text.RegularExpressions;

using Gateway.Primitives.Json;
using Gateway.Tools.Har;
using Gateway.Tools.Record;
using Gateway.Tools.Shadow.Compare;
using Gateway.Tools.Verify.Wire;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Shadow.Fixtures;

/// <summary>
/// Writes what was compared as a fixture that <c>gateway verify</c> plays: the recording as the recorder writes it, secrets named, and
/// beside it what the store held. Stateless.
/// </summary>
/// <param name="storePath">V0's store; null when it is not at hand.</param>
internal sealed partial class FixtureWriter(string? storePath, TimeProvider timeProvider)
{
    private const int MaxListed = 100;

    /// <summary>Writes into a folder that is not there yet. False when the store lacks what V0 has sent.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public async Task<bool> WriteAsync(string folder, ComparisonJob job, string title)
    {
        await using (var recorder = new SessionRecorder(folder, keepSecrets: false, timeProvider))
        {
            recorder.Start();
            foreach (var entry in job.Entries)
            {
                recorder.Add(entry);
            }

            recorder.Changed(0, 0);
        }

        var info = new JObject { ["title"] = title, ["server"] = "V0, behind gateway shadow", ["date"] = job.Entries[0].Started };
        await File.WriteAllTextAsync(Path.Combine(folder, "fixture.json"), info.ToString(Formatting.Indented));
        var store = Path.Combine(folder, "store");
        if (job.Kind == JobKind.Call)
        {
            WriteNamed(store, job.Entries[0]);
            return true;
        }

        var replays = SocketRecordingReader.Read(new HarFile(job.Entries)).Sessions
            .Select(static (session, index) => new RecordedConnection(index + 1, session, []))
            .ToList();
        var isWhole = WriteHistory(store, job.ConversationId, replays);
        return isWhole && (job.Kind != JobKind.Window || TryWriteAfter(folder + "/store-after", job.ConversationId, replays));
    }

    // What the first replay had was there before.
    private bool WriteHistory(string store, string id, List<RecordedConnection> connections)
    {
        if (!IsPlainName().IsMatch(id))
        {
            return true;
        }

        var first = connections.FirstOrDefault()?.View;
        var throughId = Math.Max(first?.LatestEventId ?? -1, first?.ReplayedThrough ?? -1);
        if (storePath is not null && StoreFiles.FindFolder(storePath, id) is { } found)
        {
            // One that was made in the window had no files before.
            return throughId < 0 || StoreFiles.CopyConversation(storePath, store, found, 0, throughId);
        }

        if (first is not null && throughId >= 0)
        {
            var events = first.Events.Where(static seen => seen.InReplay).Select(static seen => (seen.Id, seen.Event.Json));
            StoreFiles.WriteConversation(store, id, events, connections[0].Recording.Opening.Started);
        }

        return true;
    }

    // What was live is in the store by now; what came after the window is not the window's.
    private bool TryWriteAfter(string store, string id, List<RecordedConnection> connections)
    {
        if (storePath is null)
        {
            return true;
        }

        var last = connections.SelectMany(static one => one.View.Events).Select(static seen => seen.Id).DefaultIfEmpty(-1).Max();
        return StoreFiles.FindFolder(storePath, id) is { } found
            ? StoreFiles.CopyConversation(storePath, store, found, 0, last)
            : last < 0;
    }

    // The conversations that the call or its answer names.
    private void WriteNamed(string store, HarEntry call)
    {
        if (storePath is null)
        {
            return;
        }

        var ids = ConversationId().Matches($"{call.RawTarget} {call.ResponseBody}").Select(static match => match.Value);
        foreach (var folder in ids.Distinct().Take(MaxListed).Select(id => StoreFiles.FindFolder(storePath, id)).OfType<string>())
        {
            var isAsked = call.RawTarget.Contains(Path.GetFileName(folder), StringComparison.Ordinal);
            var throughId = isAsked ? StoreFiles.HighestEvent(Path.Combine(storePath, folder)) : -1;
            StoreFiles.CopyConversation(storePath, store, folder, 0, throughId);
        }
    }

    [GeneratedRegex("^[A-Za-z0-9_-]{1,128}$")]
    private static partial Regex IsPlainName();

    [GeneratedRegex("[A-Za-z0-9_-]{8,128}")]
    private static partial Regex ConversationId();
}
