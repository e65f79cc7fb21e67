using System.Reflection;

using Gateway.Operations.Operators.Clients;
using Gateway.Operations.Operators.Recordings;

namespace Gateway.Operations.Operators;

/// <summary>
/// Puts together what the top of the page says. Asks others within limits, and not more often than they change. Any thread.
/// </summary>
internal sealed class NowReader(
    Snapshots snapshots, OperatorHistory history, ClientLedger ledger, ActiveRecordings recordings, Dependencies dependencies,
    OperatorOptions options, TimeProvider timeProvider)
{
    /// <summary>The program's version.</summary>
    public static string Version { get; } =
        typeof(NowReader).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    public async ValueTask<NowView> ReadAsync(CancellationToken cancellationToken)
    {
        var snapshot = snapshots.Take();
        var points = history.Recent;
        var states = await dependencies.ReadAsync(cancellationToken);
        var today = DateOnly.FromDateTime(timeProvider.GetUtcNow().UtcDateTime);
        var day = ledger.Days.FirstOrDefault(day => day.Day == today);
        return new NowView(
            snapshot.At,
            Version,
            (long)timeProvider.GetElapsedTime(history.Started).TotalSeconds,
            snapshot.Connected,
            snapshot.Clients.Count(static client => client.Conversation is not null),
            snapshot.Conversations.Count,
            points.Count == 0 ? 0 : points[^1].EventsPerSecond,
            snapshot.Clients.Select(static client => client.Lag).DefaultIfEmpty().Max(),
            snapshot.Clients.Count(static client => client.IsSlow),
            states.Store,
            states.Agent,
            states.Nodes,
            day?.Share,
            day?.V0 ?? 0,
            day?.V1 ?? 0,
            ledger.IsKept,
            recordings.Count,
            options.ReadEvents,
            points);
    }
}
