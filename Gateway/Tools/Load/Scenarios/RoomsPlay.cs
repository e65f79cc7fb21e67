using System.Diagnostics;

using Gateway.Tools.Load.Sockets;

namespace Gateway.Tools.Load.Scenarios;

/// <summary>
/// Rooms in which one client acts and all are shown it: one room (<c>fanout</c>), several (<c>rooms</c>), or several whose clients come and
/// go meanwhile (<c>mixed</c>). At a rate it is an open loop: an action is sent when it is due, whatever became of those before. On the
/// loop's thread.
/// </summary>
internal sealed class RoomsPlay(LoadPlan plan) : ScenarioPlay(plan)
{
    private const string DeliveryTimes = "delivery";
    private const string LastTimes = "last client";
    private const int NoNumber = -1;

    private static readonly TimeSpan s_churnStep = TimeSpan.FromMilliseconds(100);

    private readonly ActionText _text = new(plan.Size);
    private readonly List<long> _sentAt = [];
    private readonly List<int> _owed = [];
    private readonly int[] _members = new int[plan.Rooms];
    private readonly bool[] _isMember = new bool[plan.Clients];
    private readonly int[] _last = Enumerable.Repeat(NoNumber, plan.Clients).ToArray();
    private readonly Random _random = new(1);
    private long _began;
    private int _open;
    private TimeSpan _churnedAt;
    private double _leaving;

    private bool HasChurn => Plan.Scenario == LoadScenario.Mixed && Plan.Churn > 0;

    private int Wanted => Plan.Events > 0 ? Plan.Events
        : Plan.Rate > 0 ? (int)Math.Ceiling(Plan.Rooms * Plan.Rate * Plan.Duration.TotalSeconds)
        : int.MaxValue;

    public override long LatestOf(LoadClient client) => client.LastEventId ?? base.LatestOf(client);

    public override void OnLive(LoadClient client, long now)
    {
        base.OnLive(client, now);
        if (IsDeaf(client))
        {
            if (IsWorking)
            {
                client.Pause();
            }
        }
        else if (!_isMember[client.Number])
        {
            _isMember[client.Number] = true;
            _members[client.Number % Plan.Rooms]++;
        }
    }

    public override void OnEvent(LoadClient client, ReadOnlySpan<byte> head, long now)
    {
        if (HasChurn && ActionText.IdOf(head) is { } id)
        {
            client.LastEventId = Math.Max(id, client.LastEventId ?? 0);
        }

        if (_text.NumberOf(head) is not { } number || number >= _sentAt.Count || IsDeaf(client))
        {
            return;
        }

        if (number <= _last[client.Number])
        {
            Counters.Twice++;
            return;
        }

        _last[client.Number] = number;
        Counters.Received++;
        var time = now - _sentAt[number];

        // One that was away is late by its own doing.
        if (client.State == ClientState.Live)
        {
            Loop.Measures.Add(DeliveryTimes, time);
        }

        if (--_owed[number] == 0)
        {
            _open--;
            if (!HasChurn)
            {
                Loop.Measures.Add(LastTimes, time);
            }
        }
    }

    protected override void OnSettled()
    {
        foreach (var client in Loop.Clients.Where(client => IsDeaf(client) && client.State == ClientState.Live))
        {
            client.Pause();
        }
    }

    protected override void BeginWork(long now) => _began = now;

    protected override TimeSpan Work(long now)
    {
        var elapsed = Stopwatch.GetElapsedTime(_began, now);
        if (HasChurn && elapsed - _churnedAt >= s_churnStep)
        {
            Churn(elapsed - _churnedAt);
            _churnedAt = elapsed;
        }

        return HasSentAll(now) ? TimeSpan.FromMilliseconds(5)
            : Plan.Rate > 0 ? SendDue(elapsed)
            : SendNext(now);
    }

    protected override bool IsWorkDone(long now) => IsSentAndSettled(HasSentAll(now), _open == 0 && !Loop.IsConnecting, now);

    private bool HasSentAll(long now) =>
        _sentAt.Count >= Wanted || (Plan.Events == 0 && Stopwatch.GetElapsedTime(_began, now) >= Plan.Duration);

    private TimeSpan SendDue(TimeSpan elapsed)
    {
        var perSecond = Plan.Rooms * Plan.Rate;
        for (var due = Math.Min(Wanted, (int)(elapsed.TotalSeconds * perSecond) + 1); _sentAt.Count < due;)
        {
            SendTo(_sentAt.Count % Plan.Rooms);
        }

        var next = TimeSpan.FromSeconds(_sentAt.Count / perSecond) - elapsed;
        return next > TimeSpan.Zero ? next : TimeSpan.Zero;
    }

    private TimeSpan SendNext(long now)
    {
        // The one before has been seen by all, or waits for too long.
        if (_open == 0 || Stopwatch.GetElapsedTime(_sentAt[^1], now) > Grace)
        {
            _open = 0;
            SendTo(_sentAt.Count % Plan.Rooms);
        }

        return TimeSpan.FromMilliseconds(20);
    }

    private void SendTo(int room)
    {
        var number = _sentAt.Count;
        _sentAt.Add(Stopwatch.GetTimestamp());
        _owed.Add(_members[room]);
        if (FindSender(room) is not { } sender)
        {
            return;
        }

        _open++;
        Counters.Sent++;
        Counters.Expected += _members[room];
        sender.Send(_text.Packet(number));
    }

    private LoadClient? FindSender(int room)
    {
        for (var number = room; number < Plan.Clients; number += Plan.Rooms)
        {
            if (Loop.Clients[number] is { State: ClientState.Live } client && !IsDeaf(client))
            {
                return client;
            }
        }

        return null;
    }

    private void Churn(TimeSpan time)
    {
        for (_leaving += Plan.Clients * Plan.Churn * time.TotalSeconds; _leaving >= 1; _leaving--)
        {
            // One that has been given nothing yet could not say what it has.
            var client = Loop.Clients[_random.Next(Plan.Clients)];
            if (client is { State: ClientState.Live, LastEventId: not null })
            {
                Loop.Leave(client);
                Loop.Connect(client);
            }
        }
    }

    // The last ones, so that those who act are not among them.
    private bool IsDeaf(LoadClient client) => client.Number >= Plan.Clients - Plan.NeverRead;
}
