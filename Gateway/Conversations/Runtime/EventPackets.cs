using Gateway.Conversations.Events;
using Gateway.Conversations.Replay;
using Gateway.SocketIO;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Runtime;

/// <summary>
/// Makes the packets that V0 clients understand: one event name, one argument. The stored bytes are spliced in, not parsed. Pure.
/// </summary>
internal static class EventPackets
{
    public const string EventName = "oh_event";

    private static ReadOnlySpan<byte> Agent => "\"agent\""u8;

    /// <summary>The event as a replay shows it: as stored, but for what V0 makes anew when it reads.</summary>
    public static void AddReplayed(PreparedEventBatch batch, in StoredEvent stored) => batch.Add(Shown(stored).Json.Span);

    /// <summary>Those of a page that the client wants, as a live client sees them.</summary>
    /// <param name="filter">Null: it wants all.</param>
    /// <param name="initState">What it is to be told in between; null for nothing.</param>
    public static void AddLive(PreparedEventBatch batch, List<StoredEvent> page, EventFilter? filter, InitState? initState)
    {
        foreach (var stored in page)
        {
            if (filter is null || filter.Wants(stored.Header.Type))
            {
                initState?.AddBefore(stored, batch);
                AddLive(batch, stored);
            }
        }
    }

    /// <summary>The event as a live client sees it. False when it is not sent.</summary>
    public static bool AddLive(PreparedEventBatch batch, in StoredEvent stored)
    {
        switch (ReplayPolicy.RouteLive(stored.Header))
        {
            case LiveRoute.AsStored:
                batch.Add(Shown(stored).Json.Span);
                return true;
            case LiveRoute.AsAgent:
                var shown = Shown(stored);
                SplitAtSource(shown, out var before, out var after);
                batch.Add(before, Agent, after);
                return true;
            default:
                return false;
        }
    }

    /// <summary>One event as a live client sees it, encoded once for all of them; null when it is not sent.</summary>
    public static PreparedEvent? Live(in StoredEvent stored)
    {
        switch (ReplayPolicy.RouteLive(stored.Header))
        {
            case LiveRoute.AsStored:
                return PreparedEvents.Create(EventName, Shown(stored).Json.Span);
            case LiveRoute.AsAgent:
                var shown = Shown(stored);
                SplitAtSource(shown, out var before, out var after);
                return PreparedEvents.Create(EventName, before, Agent, after);
            default:
                return null;
        }
    }

    /// <summary>Something without an id: a status update, an error.</summary>
    public static PreparedEvent TransientMessage(JObject transientMessage) =>
        PreparedEvents.Create(EventName, EventWriter.Encode(transientMessage).Span);

    private static StoredEvent Shown(in StoredEvent stored) =>
        stored.Header.NeedsRewrite ? StoredEvent.Scan(stored.Id, LegacyRewriter.Rewrite(stored.Json)) : stored;

    private static void SplitAtSource(in StoredEvent stored, out ReadOnlySpan<byte> before, out ReadOnlySpan<byte> after)
    {
        var json = stored.Json.Span;
        var (start, length) = stored.Header.SourceValue.GetOffsetAndLength(json.Length);
        before = json[..start];
        after = json[(start + length)..];
    }
}
