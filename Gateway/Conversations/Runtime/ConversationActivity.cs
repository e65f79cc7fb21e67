using Gateway.Conversations.Storage;
using Gateway.Primitives;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Runtime;

/// <summary>
/// Keeps V0's metadata up with what happens in an open conversation: when it was last active, what the model has cost, and a title from the
/// first user message while it has none of its own (PROTOCOL.md, "V0 file store"). V0 writes the file for every event; here at most once a
/// second, once in ten or so where nothing but the time has changed, and the last time when the session ends: an event costs one file, and
/// not two. <see cref="OnAppended"/> is called by the session's loop, <see cref="EndAsync"/> once, after its last event; the others by any
/// thread. A failure is logged, harms nothing else, and the write is tried again.
/// </summary>
internal sealed partial class ConversationActivity : SerialWorker
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    // Meanwhile this process itself knows better than the file (LastActive). Not the same for all: a thousand conversations that a restart
    // has begun together would write theirs together.
    private readonly TimeSpan _timeInterval = Jitter.Around(TimeSpan.FromSeconds(10));

    private readonly ConversationSession _session;
    private readonly SessionContext _context;
    private readonly FirstMessageTitle _firstMessage;
    private readonly bool _makesTitle;
    private readonly bool _isComparedElsewhere;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private ITimer? _timer;
    private bool _isDue;
    private DateTimeOffset? _lastActive;
    private LlmUsage? _usage;

    // The timer is set, for this long after the last write; null while it is not.
    private TimeSpan? _planned;

    // What the model has cost is due.
    private bool _hasNews;

    // The title is V0's default, as far as is known: the next write looks. Who reads an older value wakes the writes once too often.
    private volatile bool _needsTitle;

    // Of the writes alone.
    private long _lastWrite;
    private bool _hasWritten;

    /// <param name="makesTitle">False when the backend gives the conversation its title.</param>
    public ConversationActivity(ConversationSession session, SessionContext context, bool makesTitle)
    {
        _session = session;
        _context = context;
        _makesTitle = _needsTitle = makesTitle;

        // The gateways that keep a limit together go by the time in the store.
        _isComparedElsewhere = context.Gateways.AreShared && context.Options.MaxConcurrentConversations > 0;
        _firstMessage = new FirstMessageTitle(session.Log);
    }

    /// <summary>When this session last stored an event, whether that is in the metadata yet or not; null before it has.</summary>
    public DateTimeOffset? LastActive
    {
        get
        {
            lock (_lock)
            {
                return _lastActive;
            }
        }
    }

    /// <summary>An event is stored.</summary>
    public void OnAppended(JObject draft)
    {
        var usage = LlmUsage.Of(draft);
        lock (_lock)
        {
            _isDue = true;
            _lastActive = _context.TimeProvider.GetUtcNow();
            _usage = usage ?? _usage;
            _hasNews |= usage is not null;
            if (_planned <= Interval)
            {
                // The timer comes in time: a run for each event would find nothing to do.
                return;
            }
        }

        Wake();
    }

    /// <summary>The conversation was given a title: V0's default one is replaced with the next event.</summary>
    public void TitleGiven() => _needsTitle = _makesTitle;

    /// <summary>Writes what has not been written yet. Nothing is written afterwards.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        Stop();
        await _stopped.Task.WaitAsync(cancellationToken);
        if (_timer is not null)
        {
            await _timer.DisposeAsync();
        }

        await TryWriteAsync(cancellationToken);
    }

    // Under the lock.
    private TimeSpan Interval => _hasNews || _needsTitle || _isComparedElsewhere ? s_interval : _timeInterval;

    protected override async ValueTask RunAsync()
    {
        if (_hasWritten && Plan() is { } wait)
        {
            SetTimer(wait);
            return;
        }

        // Counted from the beginning of a write: whoever sees it done knows when the next one may be.
        _lastWrite = _context.TimeProvider.GetTimestamp();
        _hasWritten = true;
        if (!await TryWriteAsync(CancellationToken.None))
        {
            // Whatever is due: a store that fails is not asked each second by a thousand conversations.
            lock (_lock)
            {
                _planned = _timeInterval;
            }

            SetTimer(_timeInterval);
        }
    }

    protected override void OnFault(Exception exception) => Log.NotWritten(_context.Logger, exception, _session.Key.Id);

    protected override void OnStopped() => _stopped.TrySetResult();

    /// <summary>How long the next write must still wait; null when it need not, and no timer is to come.</summary>
    private TimeSpan? Plan()
    {
        lock (_lock)
        {
            var wait = Interval - _context.TimeProvider.GetElapsedTime(_lastWrite);
            _planned = wait > TimeSpan.Zero ? Interval : null;
            return _planned is null ? null : wait;
        }
    }

    private void SetTimer(TimeSpan wait)
    {
        _timer ??= _context.TimeProvider.CreateTimer(
            static state => ((ConversationActivity)state!).OnTime(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    private void OnTime()
    {
        lock (_lock)
        {
            _planned = null;
        }

        Wake();
    }

    /// <summary>False when what is due is still to be written.</summary>
    private async ValueTask<bool> TryWriteAsync(CancellationToken cancellationToken)
    {
        DateTimeOffset lastActive;
        LlmUsage? usage;
        bool hadNews;
        lock (_lock)
        {
            if (!_isDue)
            {
                return true;
            }

            hadNews = _hasNews;
            _isDue = _hasNews = false;
            (lastActive, usage) = (_lastActive.GetValueOrDefault(), _usage);
        }

        try
        {
            await WriteAsync(lastActive, usage, cancellationToken);
            return true;
        }
        catch (StorageException exception) when (exception.IsSaid)
        {
            Log.NotWrittenNow(_context.Logger, _session.Key.Id, SmallWords.Of(exception.Failure));
        }
        catch (Exception exception)
        {
            Log.NotWritten(_context.Logger, exception, _session.Key.Id);
        }

        lock (_lock)
        {
            _isDue = true;
            _hasNews |= hadNews;
        }

        return false;
    }

    private async ValueTask WriteAsync(DateTimeOffset lastActive, LlmUsage? usage, CancellationToken cancellationToken)
    {
        // Looked for before the edit: that may be repeated, and must not wait.
        var candidate = _needsTitle ? await _firstMessage.FindAsync(cancellationToken) : null;
        string? title = null;
        var isDefault = false;
        var edited = await _context.Catalogue.EditAsync(
            _session.Key,
            json =>
            {
                json["last_updated_at"] = ConversationMetadata.Timestamp(lastActive);
                usage?.WriteTo(json);
                isDefault = json.Text("title") == ConversationMetadata.DefaultTitle(_session.Key.Id);
                title = isDefault ? candidate : null;
                if (title is not null)
                {
                    json["title"] = title;
                }

                return true;
            },
            cancellationToken);
        if (!edited)
        {
            return;
        }

        // Another process may have given it the default one.
        _needsTitle = _makesTitle && isDefault && title is null;
        if (title is not null)
        {
            _session.Post(new SessionCommand.Notify(TransientMessages.TitleUpdate(_session.Key.Id, title)));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2, LogLevel.Debug, "Conversation {ConversationId}: its metadata are not brought up to date now: {Reason}.")]
        public static partial void NotWrittenNow(ILogger logger, ConversationId conversationId, string reason);

        [LoggerMessage(1, LogLevel.Warning, "Conversation {ConversationId}: its metadata could not be brought up to date.")]
        public static partial void NotWritten(ILogger logger, Exception exception, ConversationId conversationId);
    }
}
