using System.Diagnostics;
using System.Text;

using Gateway.Tools.Load.Sockets;

namespace Gateway.Tools.Load.Scenarios;

/// <summary>
/// Clients that have nothing, or little, and take the rest of the conversation: until CONNECT is answered, which V0 does after the replay,
/// or until an event that ends it. They may read slowly. On the loop's thread.
/// </summary>
internal sealed class ReplayPlay(LoadPlan plan) : ScenarioPlay(plan)
{
    private const string ReplayTimes = "replay";
    private const int StepsASecond = 50;

    private readonly byte[]? _end = plan.Until is { } name ? Encoding.UTF8.GetBytes($"42[\"{name}\"") : null;
    private readonly int[] _received = new int[plan.Clients];
    private long _readAt;
    private int _done;

    protected override bool IsWorkConnecting => true;

    protected override long WorkCount => Counters.Events;

    protected override TimeSpan LongestWork => Plan.ReadRate > 0 ? Plan.Duration : base.LongestWork;

    public override long LatestOf(LoadClient client) => Plan.LatestEventId ?? -1;

    public override void OnLive(LoadClient client, long now)
    {
        base.OnLive(client, now);
        if (_end is null)
        {
            OnReplayed(client, now);
        }
    }

    public override void OnEvent(LoadClient client, ReadOnlySpan<byte> head, long now)
    {
        if (_end is { } end && head.StartsWith(end))
        {
            Counters.Events--;
            OnReplayed(client, now);
            return;
        }

        _received[client.Number]++;
    }

    protected override bool IsWorkDone(long now) => !Loop.IsConnecting && _done >= Counters.Connected;

    protected override TimeSpan Work(long now)
    {
        if (Plan.ReadRate == 0 || Stopwatch.GetElapsedTime(_readAt, now) < TimeSpan.FromSeconds(1.0 / StepsASecond))
        {
            return TimeSpan.FromMilliseconds(5);
        }

        _readAt = now;
        foreach (var client in Loop.Clients.Where(static client => client.State is not (ClientState.Away or ClientState.Connecting)))
        {
            client.Read(Math.Max(1, Plan.ReadRate / StepsASecond));
        }

        return TimeSpan.FromSeconds(1.0 / StepsASecond);
    }

    private void OnReplayed(LoadClient client, long now)
    {
        _done++;
        Loop.Measures.Add(ReplayTimes, now - client.StartedAt);
        if (Plan.Expected > 0)
        {
            Counters.Expected += Plan.Expected;
            Counters.Received += Math.Min(Plan.Expected, _received[client.Number]);
            Counters.Twice += Math.Max(0, _received[client.Number] - Plan.Expected);
        }
    }
}
