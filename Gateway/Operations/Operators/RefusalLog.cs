namespace Gateway.Operations.Operators;

/// <summary>A connect that was refused. Immutable.</summary>
/// <param name="Stage"><c>handshake</c>, by HTTP, or <c>connect</c>, by Socket.IO.</param>
/// <param name="Sentence">What the client was told.</param>
/// <param name="Client">What it calls itself.</param>
internal sealed record Refusal(DateTimeOffset At, string Stage, string Sentence, string Client, string Address);

/// <summary>The refusals with the same words. Immutable.</summary>
internal sealed record RefusalReason(string Stage, string Sentence, long Count, DateTimeOffset Last);

/// <summary>The last refused connects, and how many there were of each kind since the process began. Any thread.</summary>
internal sealed class RefusalLog
{
    private const int Kept = 200;
    private const int MaxReasons = 100;
    private const int MaxSentence = 200;
    private const string Others = "(other words)";

    private readonly Lock _lock = new();
    private readonly Queue<Refusal> _last = new(Kept);
    private readonly Dictionary<(string Stage, string Sentence), RefusalReason> _reasons = [];

    /// <summary>The newest last.</summary>
    public IReadOnlyList<Refusal> Last
    {
        get
        {
            lock (_lock)
            {
                return [.. _last];
            }
        }
    }

    public IReadOnlyList<RefusalReason> Reasons
    {
        get
        {
            lock (_lock)
            {
                return [.. _reasons.Values];
            }
        }
    }

    public void Add(Refusal refusal)
    {
        var sentence = refusal.Sentence.ReplaceLineEndings(" ");
        sentence = sentence.Length > MaxSentence ? sentence[..MaxSentence] : sentence;
        lock (_lock)
        {
            if (_last.Count == Kept)
            {
                _last.Dequeue();
            }

            _last.Enqueue(refusal with { Sentence = sentence });
            var key = (refusal.Stage, sentence);
            key = _reasons.ContainsKey(key) || _reasons.Count < MaxReasons ? key : (refusal.Stage, Others);
            _reasons[key] = new RefusalReason(key.Stage, key.Item2, (_reasons.GetValueOrDefault(key)?.Count ?? 0) + 1, refusal.At);
        }
    }
}
