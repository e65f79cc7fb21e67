using System.Diagnostics.Metrics;

namespace Gateway.Conversations;

/// <summary>Counts of the conversations layer. Any thread.</summary>
internal sealed class ConversationMetrics
{
    public const string MeterName = "Gateway.Conversations";

    private readonly UpDownCounter<long> _open;
    private readonly Counter<long> _appended;
    private readonly Counter<long> _connects;
    private readonly Counter<long> _limited;

    public ConversationMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _open = meter.CreateUpDownCounter<long>("gateway.conversations.open", "{session}", "Sessions open now");
        _appended = meter.CreateCounter<long>("gateway.events.appended", "{event}", "Events stored");
        _connects = meter.CreateCounter<long>("gateway.connects", "{connect}", "CONNECTs, by outcome");
        _limited = meter.CreateCounter<long>("gateway.actions.limited", "{action}", "Actions refused because their client sent too many");
    }

    public void SessionOpened() => _open.Add(1);

    public void SessionClosed() => _open.Add(-1);

    public void Appended() => _appended.Add(1);

    public void ActionLimited() => _limited.Add(1);

    /// <param name="outcome">A fixed text: <c>accepted</c>, or the name of the refusal.</param>
    public void Connected(string outcome) => _connects.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
}
