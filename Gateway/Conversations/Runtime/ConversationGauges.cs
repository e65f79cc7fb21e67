using System.Diagnostics.Metrics;

using Gateway.Conversations.Connect;
using Gateway.Primitives;

namespace Gateway.Conversations.Runtime;

/// <summary>
/// What there is of conversations at this moment, for the meter <c>Gateway.Conversations</c>: read from its owners when somebody asks. Made
/// with the host, and does nothing else. Any thread.
/// </summary>
internal sealed class ConversationGauges : IHostedService
{
    public ConversationGauges(
        IMeterFactory meterFactory, ConversationRegistry registry, RecentEventBudget recentEvents, ClientLimits limits,
        ConversationsOptions options)
    {
        var meter = meterFactory.Create(ConversationMetrics.MeterName);
        meter.CreateObservableUpDownCounter(
            "gateway.conversation.sessions.active", () => registry.Measure().Sessions, "{session}", "Conversations that are open.");
        meter.CreateObservableUpDownCounter(
            "gateway.conversation.clients.active", () => registry.Measure().Clients, "{client}", "Clients in open conversations.");
        meter.CreateObservableGauge(
            "gateway.conversation.cursor.max_lag", () => registry.Measure().LargestLag, "{event}",
            "Events that the client furthest behind its log has not been sent yet.");
        meter.CreateObservableGauge(
            "gateway.conversation.commands.max_utilization", () => registry.Measure().FullestQueue, "1",
            "How full the fullest queue of a conversation's commands is, from 0 to 1.");
        meter.CreateObservableUpDownCounter(
            "gateway.conversation.recent_events.used", () => recentEvents.HeldBytes, "By",
            "Bytes of encoded events that are kept for clients about to get them.");
        meter.CreateObservableGauge(
            "gateway.conversation.recent_events.limit", () => (long)options.MaxRecentEventBytes, "By", "Bytes of them that may be kept.");
        meter.CreateObservableGauge(
            "gateway.conversation.limits.max_utilization", () => Limits(limits, static figures => figures.FullestKey), "1",
            "How full the limit of clients closest to it is, from 0 to 1, by limit: conversation or user. 0 while it is not set.");
        meter.CreateObservableGauge(
            "gateway.conversation.limits.table_utilization", () => Limits(limits, static figures => figures.Table), "1",
            "How full the table of conversations or users with clients is, from 0 to 1, by limit. At 1 new ones are not limited.");
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static IEnumerable<Measurement<double>> Limits(ClientLimits limits, Func<LimitFigures, double> value)
    {
        yield return new Measurement<double>(
            value(limits.MeasureConversations()), new KeyValuePair<string, object?>("limit", "conversation"));
        yield return new Measurement<double>(value(limits.MeasureUsers()), new KeyValuePair<string, object?>("limit", "user"));
    }
}

/// <summary>What there is of open conversations at one moment, for metrics.</summary>
/// <param name="Sessions">Open, opening and closing ones.</param>
/// <param name="Clients">In their rooms.</param>
/// <param name="LargestLag">Events that the client furthest behind has not been sent.</param>
/// <param name="FullestQueue">How full the fullest queue of commands is, from 0 to 1.</param>
internal readonly record struct ConversationFigures(long Sessions, long Clients, long LargestLag, double FullestQueue);
