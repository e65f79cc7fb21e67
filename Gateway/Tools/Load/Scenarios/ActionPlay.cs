using System.Diagnostics;

using Gateway.Tools.Load.Sockets;

namespace Gateway.Tools.Load.Scenarios;

/// <summary>
/// Each client acts in a conversation and acts again as soon as it is shown its action: the time from the action to what is shown, which a
/// V0 server has stored by then. At the end none acts any more, and what is under way is waited for. On the loop's thread.
/// </summary>
internal sealed class ActionPlay(LoadPlan plan) : ScenarioPlay(plan)
{
    private const string ShownTimes = "action to shown";

    private readonly ActionText _text = new(plan.Size);
    private readonly int[] _waitsFor = new int[plan.Clients];
    private readonly long[] _sentAt = new long[plan.Clients];
    private int _next;
    private int _open;

    private int Wanted => Plan.Events > 0 ? Plan.Events : int.MaxValue;

    public override void OnEvent(LoadClient client, ReadOnlySpan<byte> head, long now)
    {
        if (_text.NumberOf(head) is not { } number || number != _waitsFor[client.Number])
        {
            return;
        }

        Counters.Received++;
        _waitsFor[client.Number] = 0;
        _open--;
        Loop.Measures.Add(ShownTimes, now - _sentAt[client.Number]);
        if (!HasSentAll(now))
        {
            Act(client);
        }
    }

    public override bool IsExpectedEnd(LoadClient client, ClientState state, long now)
    {
        // What it waited for is missing; nobody sends it again.
        if (_waitsFor[client.Number] != 0)
        {
            _waitsFor[client.Number] = 0;
            _open--;
        }

        return false;
    }

    protected override void BeginWork(long now)
    {
        foreach (var client in Loop.Clients.Where(static client => client.State == ClientState.Live).Take(Wanted))
        {
            Act(client);
        }
    }

    protected override bool IsWorkDone(long now) => IsSentAndSettled(HasSentAll(now), _open == 0, now);

    private bool HasSentAll(long now) => _next >= Wanted || Elapsed(now) >= Plan.Duration;

    private void Act(LoadClient client)
    {
        _open++;
        _waitsFor[client.Number] = ++_next;
        _sentAt[client.Number] = Stopwatch.GetTimestamp();
        Counters.Sent++;
        Counters.Expected++;
        client.Send(_text.Packet(_next));
    }
}
