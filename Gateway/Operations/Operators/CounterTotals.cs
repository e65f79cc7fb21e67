using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Gateway.Operations.Operators;

/// <summary>
/// The sums of some of the process's own counters, and of each by its one tag; and what stands at the moment. Listens from its making on.
/// Any thread; one for the process.
/// </summary>
internal sealed class CounterTotals : IDisposable
{
    public const string EventsAppended = "gateway.conversation.events.appended";
    public const string SessionsClosed = "gateway.engine.sessions.closed";
    public const string PassedOn = "gateway.v1.requests.passed_on";
    public const string OpenV1Sockets = "gateway.v1.sockets.open";

    public const string SessionsOpened = "gateway.engine.sessions.opened";
    public const string PacketsIn = "gateway.engine.packets.received";
    public const string PacketsOut = "gateway.engine.packets.sent";
    public const string BytesIn = "gateway.engine.io.received";
    public const string BytesOut = "gateway.engine.io.sent";

    private static readonly string[] s_ofThePage = [EventsAppended, SessionsClosed, PassedOn, OpenV1Sockets];

    // The values of tags are of fixed sets, those of refusals too: what a client sends never is one.
    private readonly ConcurrentDictionary<(string Name, string Tag), Count> _counts = new();
    private readonly MeterListener _listener = new();

    /// <summary>The counters that the operators' page shows.</summary>
    public CounterTotals(IMeterFactory meters)
        : this(meters, s_ofThePage)
    {
    }

    /// <param name="names">What is counted for each packet costs a little each time: it is named by who needs it.</param>
    public CounterTotals(IMeterFactory meters, IReadOnlyCollection<string> names)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == meters && names.Contains(instrument.Name))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            var count = _counts.GetOrAdd((instrument.Name, tags.Length == 0 ? "" : tags[0].Value as string ?? ""), static _ => new Count());
            if (instrument.IsObservable)
            {
                count.Set(value);
            }
            else
            {
                count.Add(value);
            }
        });
        _listener.Start();
    }

    public long Of(string name) => _counts.Where(count => count.Key.Name == name).Sum(static count => count.Value.Value);

    public long Of(string name, string tag) => _counts.TryGetValue((name, tag), out var count) ? count.Value : 0;

    /// <summary>What an instrument says that is asked, and counts nothing itself; 0 while there is none.</summary>
    public long AskFor(string name)
    {
        _listener.RecordObservableInstruments();
        return Of(name);
    }

    /// <summary>The sums by the tag's value.</summary>
    public IEnumerable<KeyValuePair<string, long>> ByTag(string name) => _counts
        .Where(count => count.Key.Name == name)
        .Select(static count => KeyValuePair.Create(count.Key.Tag, count.Value.Value));

    public void Dispose() => _listener.Dispose();

    private sealed class Count
    {
        private long _value;

        public long Value => Interlocked.Read(ref _value);

        public void Add(long value) => Interlocked.Add(ref _value, value);

        public void Set(long value) => Interlocked.Exchange(ref _value, value);
    }
}
