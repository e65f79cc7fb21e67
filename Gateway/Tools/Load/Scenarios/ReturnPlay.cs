using System.Diagnostics;

using Gateway.Tools.Load.Sockets;

namespace Gateway.Tools.Load.Scenarios;

/// <summary>
/// Clients that stay, and come back all at once when their server is there again, saying which event they had last: what each is given
/// then is counted, and how long it was without a connection. Until one is let in, one at a time asks. On the loop's thread.
/// </summary>
internal sealed class ReturnPlay(LoadPlan plan) : ScenarioPlay(plan)
{
    private const string GapTimes = "gap";
    private const string AnswerTimes = "complete after the first answer";

    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_ask = TimeSpan.FromMilliseconds(20);

    private readonly long[] _lostAt = new long[plan.Clients];
    private readonly int[] _received = new int[plan.Clients];

    // Connects that failed, with the time at which each is tried again; that is nearly the order of the queue.
    private readonly Queue<(long Due, int Number)> _again = new();
    private long _firstAnswerAt;
    private long _askedAt;
    private int _began;
    private int _away;
    private int _returned;

    protected override bool ReturnsWhenLost => true;

    protected override long WorkCount => _returned;

    public override long LatestOf(LoadClient client) =>
        _lostAt[client.Number] != 0 && Plan.LatestEventId is { } latest ? latest : int.MaxValue / 2;

    public override void OnLive(LoadClient client, long now)
    {
        if (_lostAt[client.Number] == 0)
        {
            base.OnLive(client, now);
            return;
        }

        if (_firstAnswerAt == 0)
        {
            _firstAnswerAt = now;
            Loop.MostPending = Plan.Clients;
        }

        _away--;
        _returned++;
        Loop.Measures.Add(GapTimes, now - _lostAt[client.Number]);
        Loop.Measures.Add(AnswerTimes, now - _firstAnswerAt);
        _lostAt[client.Number] = 0;
        Counters.Expected += Plan.Expected;
        Counters.Received += Math.Min(Plan.Expected, _received[client.Number]);
        Counters.Twice += Plan.Expected > 0 ? Math.Max(0, _received[client.Number] - Plan.Expected) : 0;
    }

    public override void OnEvent(LoadClient client, ReadOnlySpan<byte> head, long now)
    {
        if (_lostAt[client.Number] == 0 || ActionText.IdOf(head) is not { } id)
        {
            return;
        }

        if (id <= client.LastEventId)
        {
            Counters.Twice++;
            return;
        }

        client.LastEventId = id;
        _received[client.Number]++;
    }

    public override bool IsExpectedEnd(LoadClient client, ClientState state, long now)
    {
        if (!IsWorking)
        {
            return false;
        }

        if (state == ClientState.Live)
        {
            _away++;
            _lostAt[client.Number] = now;
            _received[client.Number] = 0;
            client.LastEventId = Plan.LatestEventId;
        }

        // Those that were lost come as soon as one was let in; a connect that fails after that is tried again a little later.
        var wait = state == ClientState.Live ? 0 : s_retry.TotalSeconds * Stopwatch.Frequency;
        _again.Enqueue((now + (long)wait, client.Number));
        return true;
    }

    protected override void BeginWork(long now) => _began = Counters.Live;

    protected override TimeSpan Work(long now)
    {
        if (_firstAnswerAt == 0 && (Loop.IsConnecting || Stopwatch.GetElapsedTime(_askedAt, now) < s_ask))
        {
            return s_ask;
        }

        _askedAt = now;
        while (_again.TryPeek(out var next) && (next.Due <= now || _firstAnswerAt == 0))
        {
            _again.Dequeue();
            Loop.Connect(Loop.Clients[next.Number]);
            if (_firstAnswerAt == 0)
            {
                break;
            }
        }

        return TimeSpan.FromMilliseconds(5);
    }

    protected override bool IsWorkDone(long now) => (_returned >= _began && _away == 0) || Elapsed(now) >= Plan.Duration;
}
