using Gateway.Agents.V1;
using Gateway.Agents.V1.Upstream;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>Keeps the ids of the V1 events that it is given. Used by one test.</summary>
internal sealed class RecordingSink : IUpstreamSink
{
    public List<string> Ids { get; } = [];

    public int LastSequence => Ids.Count - 1;

    public LoggedEvent? LastEvent => Ids.Count > 0 ? new LoggedEvent(Ids[^1], LastSequence) : null;

    public LoggedEvent? ReadFrom => LastEvent;

    public string? LastTimestamp => null;

    public TimeSpan? QuietAfter => null;

    public bool IsAtWork => false;

    public bool HasTaken(string eventId) => Ids.Contains(eventId);

    public ValueTask TakeAsync(IReadOnlyList<JObject> events, CancellationToken cancellationToken)
    {
        Ids.AddRange(events.Select(static e => e.Text("id")));
        return ValueTask.CompletedTask;
    }

    public ValueTask RestartAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask TakeTransientAsync(JObject v1Event, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask OnIdleAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask ConnectedAsync(JObject info, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask CaughtUpAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask DisconnectedAsync(int tries, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask TroubleAsync(string reason, bool isRefused, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask WithoutLogAsync(string reason, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask EndedAsync(string reason, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
