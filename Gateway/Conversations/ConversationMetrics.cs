using System.Diagnostics.Metrics;

namespace Gateway.Conversations;

/// <summary>
/// What the conversations layer counts and measures, meter <c>Gateway.Conversations</c>. One instance for the process; any thread. Tags are
/// of fixed sets: no conversation and no client is in one. <see cref="Runtime.ConversationGauges"/> has what there is at this moment.
/// </summary>
internal sealed class ConversationMetrics
{
    public const string MeterName = "Gateway.Conversations";

    private static readonly KeyValuePair<string, object?> s_replayed = new("phase", "replay");
    private static readonly KeyValuePair<string, object?> s_live = new("phase", "live");

    // From what memory answers to where a client or the store is slow.
    private static readonly InstrumentAdvice<double> s_durations = new()
    {
        HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    };

    private readonly Counter<long> _appended;
    private readonly Counter<long> _delivered;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _limited;
    private readonly Histogram<double> _append;
    private readonly Histogram<double> _connect;
    private readonly Histogram<double> _replay;

    public ConversationMetrics(IMeterFactory meterFactory)
    {
        var meter = meterFactory.Create(MeterName);
        _appended = meter.CreateCounter<long>("gateway.conversation.events.appended", "{event}", "Events stored.");
        _delivered = meter.CreateCounter<long>(
            "gateway.conversation.events.delivered", "{event}", "Events queued for clients, by phase: replay or live.");
        _dropped = meter.CreateCounter<long>(
            "gateway.conversation.transient_messages.dropped", "{message}",
            "Status updates and errors that gave way to newer ones, because their client did not read.");
        _limited = meter.CreateCounter<long>(
            "gateway.conversation.actions.limited", "{action}", "Actions that were refused because their client sent too many.");
        _append = meter.CreateHistogram(
            "gateway.conversation.append.duration", "s", "One append to a log, of one event or of several.", tags: null, s_durations);
        _connect = meter.CreateHistogram(
            "gateway.conversation.connect.duration", "s", "From a CONNECT to its answer, the replay included, by outcome.", tags: null,
            s_durations);
        _replay = meter.CreateHistogram(
            "gateway.conversation.replay.duration", "s", "One replay, as fast as its client reads.", tags: null, s_durations);
    }

    /// <summary>False: nobody wants to know how long an append takes.</summary>
    public bool MeasuresAppends => _append.Enabled;

    /// <summary>As <see cref="MeasuresAppends"/>.</summary>
    public bool MeasuresReplays => _replay.Enabled;

    /// <param name="count">How many events.</param>
    /// <param name="duration">How long it took; null when that was not measured.</param>
    public void Appended(int count, TimeSpan? duration)
    {
        _appended.Add(count);
        if (duration is { } known)
        {
            _append.Record(known.TotalSeconds);
        }
    }

    public void Replayed(int count) => _delivered.Add(count, s_replayed);

    public void ReplayTook(TimeSpan duration) => _replay.Record(duration.TotalSeconds);

    public void Delivered(int count) => _delivered.Add(count, s_live);

    public void TransientMessageDropped() => _dropped.Add(1);

    public void ActionLimited() => _limited.Add(1);

    /// <param name="outcome">A fixed text: <c>accepted</c>, or the name of the refusal.</param>
    /// <param name="duration">From the CONNECT on.</param>
    public void Connected(string outcome, TimeSpan duration) =>
        _connect.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("outcome", outcome));
}
