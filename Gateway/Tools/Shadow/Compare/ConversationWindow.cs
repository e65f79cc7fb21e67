using Gateway.Tools.Har;
using Gateway.Tools.Shadow.Observe;

namespace Gateway.Tools.Shadow.Compare;

/// <summary>
/// What the clients of one conversation did and got, from when the first of them came until all had left, or until it is cut. Belongs to
/// the tap's reader.
/// </summary>
internal sealed class ConversationWindow(string conversationId, DateTimeOffset started)
{
    private readonly List<ObservedSession> _sessions = [];
    private readonly List<HarEntry> _calls = [];
    private long _callBytes;

    public DateTimeOffset Started => started;

    /// <summary>When the last of its clients left; null while one is there.</summary>
    public DateTimeOffset? QuietSince { get; set; }

    public long Bytes => _callBytes + _sessions.Sum(static session => session.Bytes);

    public int Frames => _sessions.Sum(static session => session.Frames);

    public bool IsQuiet => _sessions.TrueForAll(static session => session.IsOver);

    public bool IsAnswered => _sessions.Exists(static session => session.Answered is not null);

    /// <summary>Something of it could not be kept, so that the rest would be a story without its beginning.</summary>
    public bool IsSpoilt { get; set; }

    public void Add(ObservedSession session)
    {
        _sessions.Add(session);
        QuietSince = null;
    }

    public void Add(HarEntry call, long bytes)
    {
        _calls.Add(call);
        _callBytes += bytes;
    }

    /// <summary>What there is to compare; null when no client was answered in it.</summary>
    public ComparisonJob? ToJob(DateTimeOffset now)
    {
        // Of one that goes on and has said nothing since the last window there is nothing to tell.
        var answered = _sessions.FindAll(static session => session is { Answered: not null, Frames: > 0 });
        if (answered.Count == 0 || IsSpoilt)
        {
            return null;
        }

        var entries = answered.SelectMany(session => session.ToEntries(now)).Concat(_calls).OrderBy(static entry => entry.Started);
        return new ComparisonJob(
            JobKind.Window, conversationId, "a conversation", ClientName.Of(answered[0].Opening), [.. entries], TimeSpan.Zero, Bytes);
    }

    /// <summary>Those who stay, from here on in a window of their own; null when nobody does.</summary>
    public ConversationWindow? Continue(DateTimeOffset time)
    {
        var next = new ConversationWindow(conversationId, time);
        foreach (var session in _sessions.Where(static session => !session.IsOver))
        {
            if (session.CanContinue && !session.IsClosed)
            {
                session.Continue(time);
                next.Add(session);
            }
            else
            {
                (session.IsClosed, session.IsGiven) = (true, true);
            }
        }

        return next._sessions.Count == 0 ? null : next;
    }
}
