using Gateway.Agents.V1.Upstream;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.History;

/// <summary>Takes a V1 log from its server, each event once. Used for one reading, by its loop.</summary>
internal sealed class LogCollector(Action<JObject> take) : ILogSink
{
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);

    public int LastSequence { get; private set; } = -1;

    // One reading, from the start: there is nothing to go on from.
    public LoggedEvent? LastEvent => null;

    public LoggedEvent? ReadFrom => null;

    public bool HasTaken(string eventId) => _ids.Contains(eventId);

    public ValueTask TakeAsync(IReadOnlyList<JObject> events, CancellationToken cancellationToken)
    {
        foreach (var one in events)
        {
            _ids.Add(one.Text("id"));
            LastSequence++;
            take(one);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask RestartAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
