using Gateway.Tools.Load.Sockets;

namespace Gateway.Tools.Load.Scenarios;

/// <summary>
/// Clients that connect and stay (<c>idle</c>), or are only to be connected (<c>connect</c>): any Socket.IO server will do. On the loop's
/// thread.
/// </summary>
internal sealed class StayPlay(LoadPlan plan) : ScenarioPlay(plan)
{
    protected override bool IsWorkConnecting => Plan.Scenario == LoadScenario.Connect;

    protected override TimeSpan SettleTime => TimeSpan.FromSeconds(2);

    protected override long WorkCount => IsWorkConnecting ? Counters.Connected : Counters.Live;

    public override void OnEvent(LoadClient client, ReadOnlySpan<byte> head, long now)
    {
        // Whatever the server tells an idle client.
    }

    protected override bool IsWorkDone(long now) => IsWorkConnecting ? !Loop.IsConnecting : Elapsed(now) >= Plan.Duration;
}
