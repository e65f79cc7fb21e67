using Gateway.EngineIO.Sessions;

namespace Gateway.EngineIO.Transports;

/// <summary>May a request of a polling session be served?</summary>
internal enum Entry
{
    Granted,

    /// <summary>Another of its kind is open.</summary>
    Duplicate,

    /// <summary>The session is on a WebSocket by now.</summary>
    Switched,
}

/// <summary>
/// Carries one session over polling: which of its requests are open, and the parked poll to wake. The requests themselves are served by
/// <see cref="PollingEndpoint"/>. Any thread. One poll and one POST at a time.
/// </summary>
internal sealed class PollingTransport : ISessionTransport
{
    private readonly Lock _gate = new();
    private Poll _poll;
    private TaskCompletionSource? _parked;
    private TaskCompletionSource? _successor;
    private TaskCompletionSource? _atRest;
    private TaskCompletionSource? _arrival;
    private bool _posting;
    private bool _upgrading;
    private bool _probed;
    private bool _switched;

    private enum Poll
    {
        None,
        Waiting,
        Writing,
    }

    public bool IsWriting => _poll == Poll.Writing;

    /// <summary>A poll is not to wait now: the client cannot finish its upgrade before its poll has come back.</summary>
    public bool EndsPolls
    {
        get
        {
            lock (_gate)
            {
                return _probed || _switched;
            }
        }
    }

    public void Wake()
    {
        TaskCompletionSource? parked;
        lock (_gate)
        {
            parked = _parked;
            _parked = null;
        }

        parked?.TrySetResult();
    }

    public void SessionClosed(CloseReason reason) => Wake();

    /// <summary>
    /// Claims the poll. A client may have our last byte before we have noticed, so a poll that comes during a write waits for its end; one that
    /// comes while another waits for packets is a duplicate.
    /// </summary>
    public async ValueTask<Entry> EnterPollAsync()
    {
        Task previous;
        lock (_gate)
        {
            if (_switched)
            {
                return Entry.Switched;
            }

            if (_poll == Poll.None)
            {
                _poll = Poll.Waiting;
                _arrival?.TrySetResult();
                return Entry.Granted;
            }

            if (_poll == Poll.Waiting || _successor is not null)
            {
                return Entry.Duplicate;
            }

            _successor = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            previous = _successor.Task;
        }

        // Ends with the write before it, which has a limit. The claim has been passed on by then.
        await previous;
        return Entry.Granted;
    }

    /// <summary>Completes when a poll is open, or the time is over. Only the open POST calls.</summary>
    public async ValueTask WaitForPollAsync(TimeSpan limit, TimeProvider time)
    {
        Task arrival;
        lock (_gate)
        {
            if (_poll != Poll.None)
            {
                return;
            }

            _arrival = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            arrival = _arrival.Task;
        }

        try
        {
            await arrival.WaitAsync(limit, time);
        }
        catch (TimeoutException)
        {
            // There was none on its way.
        }
    }

    /// <summary>A task that the next wake-up completes. Take it before looking for packets, or a wake-up could fall in between.</summary>
    public Task Park()
    {
        lock (_gate)
        {
            _parked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _parked.Task;
        }
    }

    /// <summary>The poll has its answer and begins to write it.</summary>
    public void BeginWriting()
    {
        lock (_gate)
        {
            _poll = Poll.Writing;
            _parked = null;
        }
    }

    /// <summary>The poll is over, whatever became of it.</summary>
    public void LeavePoll()
    {
        TaskCompletionSource? next;
        lock (_gate)
        {
            _parked = null;
            next = _successor;
            _successor = null;
            _poll = next is null ? Poll.None : Poll.Waiting;
            next ??= TakeAtRest();
        }

        next?.TrySetResult();
    }

    public Entry EnterPost()
    {
        lock (_gate)
        {
            if (_switched)
            {
                return Entry.Switched;
            }

            if (_posting)
            {
                return Entry.Duplicate;
            }

            _posting = true;
            return Entry.Granted;
        }
    }

    public void LeavePost()
    {
        TaskCompletionSource? atRest;
        lock (_gate)
        {
            _posting = false;
            atRest = TakeAtRest();
        }

        atRest?.TrySetResult();
    }

    /// <summary>Claims the upgrade: one at a time, and only one that succeeds.</summary>
    public bool TryBeginUpgrade()
    {
        lock (_gate)
        {
            var begins = !_upgrading && !_switched;
            _upgrading |= begins;
            return begins;
        }
    }

    /// <summary>The client has sent its probe: from now on polls come back at once.</summary>
    public void Probed()
    {
        lock (_gate)
        {
            _probed = true;
        }

        Wake();
    }

    /// <summary>The upgrade came to nothing; polling goes on.</summary>
    public void AbandonUpgrade()
    {
        lock (_gate)
        {
            _upgrading = false;
            _probed = false;
        }
    }

    /// <summary>Serves no new request and completes when the open ones are done: packets taken by a poll are then with the client.</summary>
    public Task SwitchAsync()
    {
        Task atRest;
        lock (_gate)
        {
            _switched = true;
            if (_poll == Poll.None && !_posting)
            {
                return Task.CompletedTask;
            }

            _atRest = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            atRest = _atRest.Task;
        }

        Wake();
        return atRest;
    }

    private TaskCompletionSource? TakeAtRest()
    {
        if (_poll != Poll.None || _posting)
        {
            return null;
        }

        var atRest = _atRest;
        _atRest = null;
        return atRest;
    }
}
