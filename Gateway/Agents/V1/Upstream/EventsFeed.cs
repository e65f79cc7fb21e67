using System.Collections.Frozen;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Upstream;

/// <summary>
/// The older events socket (facts D.1): no numbers, live frames inside the history, some twice. Its frames say that the log has grown;
/// what and in which order is read by REST. Used by the connection's loop.
/// </summary>
internal sealed class EventsFeed(IUpstreamSink sink, LogReader log, V1Endpoint endpoint, V1Services services) : IFeed
{
    private static readonly FrozenSet<string> s_neverStored =
        FrozenSet.Create(StringComparer.Ordinal, "ServerErrorEvent", "StreamingDeltaEvent");

    private readonly SettlingSet _settling = new(services.Clock);

    public bool IsSettled => _settling.IsSettled;

    public bool IsCaughtUp { get; private set; }

    public TimeSpan? DueAfter => _settling.ReadAfter;

    public async ValueTask OfferAsync(string frame, CancellationToken cancellationToken)
    {
        if (!V1Json.TryParseObject(frame, out var v1Event))
        {
            services.Metrics.Dropped(V1Kinds.NotJson);
        }
        else if (v1Event.Text("kind") == "StreamingDeltaEvent")
        {
            services.Metrics.Delta();
        }
        else if (IsTransient(v1Event))
        {
            await sink.TakeTransientAsync(endpoint.WithoutKey(v1Event), cancellationToken);
        }
        else if (v1Event.TextOrNull("id") is not { Length: > 0 } id)
        {
            services.Metrics.Dropped(V1Kinds.NoId);
        }
        else if (!sink.HasTaken(id))
        {
            _settling.Seen(id);
        }
    }

    public void Missed() => _settling.WantRead();

    public async ValueTask AdvanceAsync(CancellationToken cancellationToken)
    {
        if (_settling.ReadAfter != TimeSpan.Zero)
        {
            return;
        }

        if (!await log.ReadAsync(cancellationToken))
        {
            _settling.Failed();
            return;
        }

        IsCaughtUp = true;
        for (var givenUp = _settling.Settle(sink.HasTaken); givenUp > 0; givenUp--)
        {
            services.Metrics.Dropped(V1Kinds.NeverStored);
        }
    }

    private static bool IsTransient(JObject v1Event) => s_neverStored.Contains(v1Event.Text("kind")) || v1Event.Text("key") == "full_state";
}
