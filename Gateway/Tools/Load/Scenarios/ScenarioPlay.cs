using System.Diagnostics;
using System.Globalization;

using Gateway.Tools.Load.Sockets;

namespace Gateway.Tools.Load.Scenarios;

/// <summary>
/// What the clients do: they connect, wait a moment, and do their work. Everything is called on the loop's thread; a scenario is used for
/// one run.
/// </summary>
internal abstract class ScenarioPlay(LoadPlan plan)
{
    /// <summary>The times from a connect's beginning to the CONNECT answer.</summary>
    public const string ConnectTimes = "connect";

    /// <summary>V0 clients that want nothing replayed name an id that no conversation reaches.</summary>
    private const long Everything = 1_000_000_000;

    /// <summary>How long what is under way is waited for once all is sent.</summary>
    protected static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private Part _part;
    private long _partBegan;
    private long _allSentAt;
    private LoadLoop? _loop;

    private enum Part
    {
        Connecting,
        Settling,
        Working,
    }

    public bool IsDone { get; private set; }

    protected LoadPlan Plan => plan;

    protected LoadLoop Loop => _loop ?? throw new InvalidOperationException("A scenario begins with its loop.");

    protected LoadCounters Counters => Loop.Counters;

    /// <summary>How long the server is left alone between the last connect and the work.</summary>
    protected virtual TimeSpan SettleTime => TimeSpan.FromMilliseconds(500);

    /// <summary>The connects are all there is to do.</summary>
    protected virtual bool IsWorkConnecting => false;

    /// <summary>Clients that are lost at work come back: that nobody is connected for a while does not end it.</summary>
    protected virtual bool ReturnsWhenLost => false;

    /// <summary>What the cost of the work is counted by.</summary>
    protected virtual long WorkCount => Counters.Received;

    // None is connected, and none is about to be.
    private bool IsNobodyLeft => Counters.Live == 0 && !Loop.IsConnecting;

    /// <summary>Any thread; true from a moment ago on.</summary>
    public bool IsWorking => _part == Part.Working;

    public virtual string ConversationOf(int number) => plan.Rooms == 1
        ? plan.Conversation
        : string.Create(CultureInfo.InvariantCulture, $"{plan.Conversation}{number % plan.Rooms}");

    public virtual long LatestOf(LoadClient client) => plan.LatestEventId ?? Everything;

    public void Begin(LoadLoop loop)
    {
        _loop = loop;
        _partBegan = Stopwatch.GetTimestamp();
        loop.Measures.BeginPhase();
        foreach (var client in loop.Clients)
        {
            loop.Connect(client);
        }
    }

    /// <summary>Does what is due, and says when it has something to do again.</summary>
    public TimeSpan Tick(long now)
    {
        switch (_part)
        {
            case Part.Connecting when IsWorkConnecting:
                if (IsWorkDone(now) || Stopwatch.GetElapsedTime(_partBegan, now) > LongestWork)
                {
                    IsDone = true;
                }

                return Work(now);

            case Part.Connecting when IsNobodyLeft:
                // What they would have done cannot be shown.
                IsDone = true;
                return TimeSpan.Zero;

            case Part.Connecting when !Loop.IsConnecting:
                Loop.Measures.EndPhase("connect", Counters.Connected);
                Enter(Part.Settling, now);
                return TimeSpan.Zero;

            case Part.Settling when Stopwatch.GetElapsedTime(_partBegan, now) >= SettleTime:
                Enter(Part.Working, now);
                OnSettled();
                Loop.Measures.BeginPhase();
                BeginWork(Stopwatch.GetTimestamp());
                return TimeSpan.Zero;

            case Part.Working:
                IsDone = IsWorkDone(now) || (IsNobodyLeft && !ReturnsWhenLost);
                return IsDone ? TimeSpan.Zero : Work(now);

            default:
                return TimeSpan.FromMilliseconds(10);
        }
    }

    /// <summary>The last of it, also when it was stopped.</summary>
    public void Finish()
    {
        if (_part == Part.Working || IsWorkConnecting)
        {
            Loop.Measures.EndPhase("work", WorkCount);
        }
        else if (_part == Part.Connecting)
        {
            Loop.Measures.EndPhase("connect", Counters.Connected);
        }
    }

    public virtual void OnLive(LoadClient client, long now) => Loop.Measures.Add(ConnectTimes, now - client.StartedAt);

    public virtual void OnEvent(LoadClient client, ReadOnlySpan<byte> head, long now)
    {
        // Counted by the loop.
    }

    /// <summary>True when the end of a connection is part of the scenario, and no fault.</summary>
    public virtual bool IsExpectedEnd(LoadClient client, ClientState state, long now) => false;

    /// <summary>After which connects that are the work are given up.</summary>
    protected virtual TimeSpan LongestWork => TimeSpan.FromMinutes(2);

    /// <summary>Called once before the work's cost is counted.</summary>
    protected virtual void OnSettled()
    {
        // Most have nothing to prepare.
    }

    protected virtual void BeginWork(long now)
    {
        // Some only wait.
    }

    /// <summary>Does what is due, and says after what time it has something to do again.</summary>
    protected virtual TimeSpan Work(long now) => TimeSpan.FromMilliseconds(20);

    protected abstract bool IsWorkDone(long now);

    /// <summary>Whether work that consists of sending is done: all is sent, and what was under way has come or is given up.</summary>
    protected bool IsSentAndSettled(bool isAllSent, bool isNothingOpen, long now)
    {
        _allSentAt = !isAllSent ? 0 : _allSentAt == 0 ? now : _allSentAt;
        return isAllSent && (isNothingOpen || Stopwatch.GetElapsedTime(_allSentAt, now) > Grace);
    }

    /// <summary>The time since the work, or what it consists of, began.</summary>
    protected TimeSpan Elapsed(long now) => Stopwatch.GetElapsedTime(_partBegan, now);

    private void Enter(Part part, long now) => (_part, _partBegan) = (part, now);
}
