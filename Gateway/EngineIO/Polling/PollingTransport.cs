using Gateway.EngineIO.Sessions;
using Gateway.Primitives;

namespace Gateway.EngineIO.Polling;

/// <summary>May a request of a polling session be served?</summary>
internal enum RequestAdmission
{
    Granted,

    /// <summary>Another of its kind is open.</summary>
    Duplicate,

    /// <summary>The session is on a WebSocket by now, or about to be.</summary>
    Switched,
}

/// <summary>
/// Carries one session over polling: which of its requests are open, and what they wait for. The requests themselves are served by
/// <see cref="PollingEndpoint"/>, an upgrade by <see cref="Upgrade.TransportUpgrade"/>. Any thread. One poll, one POST and one upgrade at a
/// time.
/// </summary>
internal sealed class PollingTransport : ISessionTransport
{
    private readonly Lock _lock = new();

    // Each has one waiter: the open poll, the poll that follows it, the open POST, the upgrade.
    private readonly AsyncSignal _news = new();
    private readonly AsyncSignal _pollHandedOver = new();
    private readonly AsyncSignal _pollOpened = new();
    private readonly AsyncSignal _requestEnded = new();

    private Poll _poll;
    private bool _nextPollWaits;
    private bool _posting;
    private UpgradeStage _upgrade;
    private int _progress;

    private enum Poll
    {
        None,
        Waiting,
        Writing,
    }

    private enum UpgradeStage
    {
        None,

        /// <summary>A WebSocket has asked for the session.</summary>
        Begun,

        /// <summary>The client has seen that the WebSocket works: it waits for its poll, so polls come back at once.</summary>
        Probed,

        /// <summary>No request is served any more, for good unless the upgrade fails.</summary>
        Paused,
    }

    public string Name => TransportNames.Polling;

    public bool IsWriting => _poll == Poll.Writing;

    /// <summary>A body is on its way: a poll's to the client, or a POST's from it.</summary>
    public bool IsTransferring
    {
        get
        {
            lock (_lock)
            {
                return _poll == Poll.Writing || _posting;
            }
        }
    }

    /// <summary>Changes whenever an open request has taken or brought a piece of its body.</summary>
    public int Progress => Volatile.Read(ref _progress);

    /// <summary>A poll is not to wait now: the client cannot finish its upgrade before its poll has come back.</summary>
    public bool EndsPolls
    {
        get
        {
            lock (_lock)
            {
                return _upgrade >= UpgradeStage.Probed;
            }
        }
    }

    public void Wake() => _news.Set();

    public void SessionClosed(CloseReason reason) => Wake();

    /// <summary>A piece of an open request's body went through.</summary>
    public void RequestProgressed() => Interlocked.Increment(ref _progress);

    /// <summary>
    /// Claims the poll. A client may have our last byte before we have noticed, so a poll that comes during a write waits for its end; one
    /// that comes while another waits for packets is a duplicate.
    /// </summary>
    public async ValueTask<RequestAdmission> EnterPollAsync()
    {
        lock (_lock)
        {
            if (_upgrade == UpgradeStage.Paused)
            {
                return RequestAdmission.Switched;
            }

            if (_poll == Poll.None)
            {
                _poll = Poll.Waiting;
                _pollOpened.Set();
                return RequestAdmission.Granted;
            }

            if (_poll == Poll.Waiting || _nextPollWaits)
            {
                return RequestAdmission.Duplicate;
            }

            _nextPollWaits = true;
        }

        // Ends with the write before it, which has a limit. The claim has been passed on by then.
        await _pollHandedOver.WaitAsync(CancellationToken.None);
        return RequestAdmission.Granted;
    }

    /// <summary>
    /// Completes when there may be something new for the open poll, which looks before it waits. Only the open poll calls.
    /// </summary>
    public Task WaitForNewsAsync() => _news.WaitAsync(CancellationToken.None);

    /// <summary>Completes when a poll is open, or the time is over. Only the open POST calls.</summary>
    public async ValueTask WaitForPollAsync(TimeSpan limit, TimeProvider timeProvider)
    {
        using var end = new CancellationTokenSource(limit, timeProvider);
        try
        {
            while (!IsPollOpen())
            {
                await _pollOpened.WaitAsync(end.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // There was none on its way.
        }
    }

    /// <summary>The poll has its answer and begins to write it.</summary>
    public void BeginWriting()
    {
        lock (_lock)
        {
            _poll = Poll.Writing;
        }
    }

    /// <summary>The poll is over, whatever became of it.</summary>
    public void LeavePoll()
    {
        lock (_lock)
        {
            _poll = _nextPollWaits ? Poll.Waiting : Poll.None;
            if (_nextPollWaits)
            {
                _nextPollWaits = false;
                _pollHandedOver.Set();
            }
        }

        _requestEnded.Set();
    }

    public RequestAdmission EnterPost()
    {
        lock (_lock)
        {
            if (_upgrade == UpgradeStage.Paused)
            {
                return RequestAdmission.Switched;
            }

            if (_posting)
            {
                return RequestAdmission.Duplicate;
            }

            _posting = true;
            return RequestAdmission.Granted;
        }
    }

    public void LeavePost()
    {
        lock (_lock)
        {
            _posting = false;
        }

        _requestEnded.Set();
    }

    /// <summary>Claims the upgrade: one at a time, and only one that succeeds.</summary>
    public bool TryBeginUpgrade()
    {
        lock (_lock)
        {
            var begins = _upgrade == UpgradeStage.None;
            _upgrade = begins ? UpgradeStage.Begun : _upgrade;
            return begins;
        }
    }

    /// <summary>The client has sent its probe: from now on polls come back at once. Only the upgrade calls.</summary>
    public void ReturnPolls()
    {
        lock (_lock)
        {
            _upgrade = UpgradeStage.Probed;
        }

        Wake();
    }

    /// <summary>
    /// Serves no new request and completes when the open ones are done: packets taken by a poll are then with the client, and packets that
    /// a POST brought have been handled. Only the upgrade calls; one that gives up waiting calls <see cref="AbandonUpgrade"/>.
    /// </summary>
    public async Task PauseAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _upgrade = UpgradeStage.Paused;
        }

        Wake();
        while (!IsAtRest())
        {
            await _requestEnded.WaitAsync(cancellationToken);
        }
    }

    /// <summary>The upgrade came to nothing; polling goes on, with the requests that are open.</summary>
    public void AbandonUpgrade()
    {
        lock (_lock)
        {
            _upgrade = UpgradeStage.None;
        }
    }

    /// <summary>Whether a request of the client's waits for packets, or is being answered. Any thread.</summary>
    public bool IsPollOpen()
    {
        lock (_lock)
        {
            return _poll != Poll.None;
        }
    }

    private bool IsAtRest()
    {
        lock (_lock)
        {
            return _poll == Poll.None && !_posting;
        }
    }
}
