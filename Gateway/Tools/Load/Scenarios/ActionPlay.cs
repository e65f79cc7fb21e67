using System.Diagnostics;

using Gateway.Tools.Load.Sockets;

namespace Gateway.Tools.Load.Scenarios;

/// <summary>
/// Each client acts in a conversation and acts again as soon as it is shown its action: the time from the action to what is shown, which a
/// V0 server has stored by then. On the loop's thread.
/// </summary>
internal sealed class ActionPlay(LoadPlan plan) : ScenarioPlay(plan)
{
    private const string ShownTimes = "action to shown";

    private readonly ActionText _text = new(plan.Size);
    private readonly int[] _waitsFor = new int[plan.Clients];
    private readonly long[] _sentAt = new long[plan.Clients];
    private int _next;

    private int Wanted => Plan.Events > 0 ? Plan.Events : int.MaxValue;

    public override void OnEvent(LoadClient client, ReadOnlySpan<byte> head, long now)
    {
        if (_text.NumberOf(head) is not { } number || number != _waitsFor[client.Number])
        {
            return;
        }

        Counters.Received++;
        Loop.Measures.Add(ShownTimes, now - _sentAt[client.Number]);
        Act(client);
    }

    public override bool IsExpectedEnd(LoadClient client, ClientState state, long now)
    {
        // What it waited for is missing; nobody sends it again.
        _waitsFor[client.Number] = 0;
        return false;
    }

    protected override void BeginWork(long now)
    {
        foreach (var client in Loop.Clients.Where(static client => client.State == ClientState.Live))
        {
            Act(client);
        }
    }

    protected override bool IsWorkDone(long now) => Counters.Received >= Wanted || Elapsed(now) >= Plan.Duration;

    private void Act(LoadClient client)
    {
        if (_next >= Wanted)
        {
            return;
        }

        _waitsFor[client.Number] = ++_next;
        _sentAt[client.Number] = Stopwatch.GetTimestamp();
        Counters.Sent++;
        Counters.Expected++;
        client.Send(_text.Packet(_next));
    }
}
