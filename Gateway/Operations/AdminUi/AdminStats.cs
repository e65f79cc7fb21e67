using Gateway.EngineIO.Sessions;
using Gateway.Operations.Operators;

using Newtonsoft.Json.Linq;

namespace Gateway.Operations.AdminUi;

/// <summary>
/// Tells the pages of the Socket.IO Admin UI every two seconds how the server does, and in development mode which sockets came and went
/// since. While no page is connected it does nothing. One loop, owned by the host.
/// </summary>
internal sealed class AdminStats(
    AdminNamespace pages, AdminSockets sockets, SessionRegistry sessions, Snapshots snapshots, CounterTotals totals, AdminUiOptions options,
    TimeProvider timeProvider)
    : BackgroundService
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(2);

    private static readonly (string Counter, string Type)[] s_aggregated =
    [
        (CounterTotals.SessionsOpened, "rawConnection"), (CounterTotals.PacketsIn, "packetsIn"), (CounterTotals.PacketsOut, "packetsOut"),
        (CounterTotals.BytesIn, "bytesIn"), (CounterTotals.BytesOut, "bytesOut"),
    ];

    private readonly long _started = timeProvider.GetTimestamp();
    private readonly Dictionary<(string Counter, string Tag), long> _last = [];
    private Dictionary<string, string> _shown = [];

    public override void Dispose()
    {
        base.Dispose();
        totals.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_interval, timeProvider);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                Tell();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process ends.
        }
    }

    /// <summary>Tells the pages now. The loop calls, and tests.</summary>
    public void Tell()
    {
        var events = Aggregated();
        if (pages.Count == 0)
        {
            return;
        }

        if (options.Mode == AdminUiMode.Development)
        {
            TellChanges();
        }

        var figures = sessions.Measure();
        var joined = snapshots.Take().Clients.Count(static client => client.Conversation is not null);
        pages.Broadcast("server_stats", new JObject
        {
            ["serverId"] = options.ServerId.Length > 0 ? options.ServerId : Environment.MachineName,
            ["hostname"] = Environment.MachineName,
            ["pid"] = Environment.ProcessId,
            ["uptime"] = timeProvider.GetElapsedTime(_started).TotalSeconds,
            ["clientsCount"] = figures.Polling + figures.WebSockets,
            ["pollingClientsCount"] = figures.Polling,
            ["aggregatedEvents"] = events,
            ["namespaces"] = new JArray(
                new JObject { ["name"] = "/", ["socketsCount"] = joined },
                new JObject { ["name"] = AdminNamespace.Name, ["socketsCount"] = pages.Count }),
        });
    }

    /// <summary>What was counted since the last time.</summary>
    private JArray Aggregated()
    {
        var second = timeProvider.GetUtcNow().ToUnixTimeSeconds() * 1_000;
        var events = new JArray();
        foreach (var (counter, type) in s_aggregated)
        {
            Add(counter, "", type, totals.Of(counter));
        }

        foreach (var (reason, count) in totals.ByTag(CounterTotals.SessionsClosed))
        {
            Add(CounterTotals.SessionsClosed, reason, "rawDisconnection", count);
        }

        return events;

        void Add(string counter, string tag, string type, long sum)
        {
            var count = sum - _last.GetValueOrDefault((counter, tag));
            _last[(counter, tag)] = sum;
            if (count == 0)
            {
                return;
            }

            var counted = new JObject { ["timestamp"] = second, ["type"] = type, ["count"] = count };
            if (tag.Length > 0)
            {
                counted["subType"] = tag.Replace('_', ' ');
            }

            events.Add(counted);
        }
    }

    private void TellChanges()
    {
        var now = timeProvider.GetUtcNow().UtcDateTime;
        var present = new Dictionary<string, string>();
        foreach (var socket in sockets.All())
        {
            var transport = socket.Client.View.Usage.Transport;
            present[socket.Socket.Id] = transport;
            if (!_shown.TryGetValue(socket.Socket.Id, out var before))
            {
                pages.Broadcast("socket_connected", socket.ToJson(), now);
            }
            else if (before != transport)
            {
                pages.Broadcast(
                    "socket_updated", new JObject { ["id"] = socket.Socket.Id, ["nsp"] = "/", ["transport"] = transport });
            }
        }

        foreach (var gone in _shown.Keys.Where(id => !present.ContainsKey(id)))
        {
            pages.Broadcast("socket_disconnected", "/", gone, "transport close", now);
        }

        _shown = present;
    }
}
