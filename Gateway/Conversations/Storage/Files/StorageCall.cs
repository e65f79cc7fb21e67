using System.Threading.Tasks.Sources;

namespace Gateway.Conversations.Storage.Files;

/// <summary>Which of a conversation's calls wait for one another.</summary>
internal enum StorageCallKind
{
    /// <summary>Reads, and what the catalogue and the journals do.</summary>
    Read,

    /// <summary>Appends to the log: they do not wait for readers that hang.</summary>
    Append,
}

/// <summary>
/// One blocking call of the store, from its asking to its result. The first of result, time limit and cancellation completes it; a result
/// that comes later is disposed, and whoever wants to know of that is told. Made for one call, awaited once; any thread.
/// </summary>
internal abstract class StorageCall(ConversationKey key, StorageCallKind kind, TimeSpan limit)
{
    private int _isCompleted;
    private CancellationTokenRegistration _cancellation;

    public ConversationKey Key { get; } = key;

    public StorageCallKind Kind { get; } = kind;

    public TimeSpan Limit { get; } = limit;

    /// <summary>When it was asked for, as a timestamp of the threads' time provider.</summary>
    public long AskedAt { get; set; }

    /// <summary>Nobody waits for it any more: it need not be run.</summary>
    public bool IsCompleted => Volatile.Read(ref _isCompleted) != 0;

    /// <summary>Ends the wait when the token fires; a call that runs already runs to its end.</summary>
    public void CancelWith(CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            _cancellation = cancellationToken.UnsafeRegister(
                static (state, token) => ((StorageCall)state!).TryFail(new OperationCanceledException(token)), this);
        }
    }

    /// <summary>Runs it on the calling thread; nobody hears of it yet. Never throws.</summary>
    public abstract void Run();

    /// <summary>
    /// It has run: whoever waits hears what came of it, unless the wait has ended. With <paramref name="inline"/> the one who waited goes
    /// on before this returns, else on a thread of the pool.
    /// </summary>
    public abstract void Complete(bool inline);

    public bool TryFail(Exception exception)
    {
        if (!TryComplete())
        {
            return false;
        }

        SetException(exception);
        return true;
    }

    protected bool TryComplete()
    {
        if (Interlocked.Exchange(ref _isCompleted, 1) != 0)
        {
            return false;
        }

        // Not disposed: that would wait for a cancellation that is just under way, and that may be this one.
        _cancellation.Unregister();
        return true;
    }

    protected abstract void SetException(Exception exception);
}

/// <summary>A call with its state and its result.</summary>
internal sealed class StorageCall<TState, TResult>(
    ConversationKey key, StorageCallKind kind, TimeSpan limit, TState state, Func<TState, TResult> call, Action<TState>? late)
    : StorageCall(key, kind, limit), IValueTaskSource<TResult>
{
    // Whoever ends the wait early, and a thread of the store's own, have other things to do than what comes after.
    private ManualResetValueTaskSourceCore<TResult> _source = new() { RunContinuationsAsynchronously = true };
    private TResult? _result;
    private Exception? _exception;

    public ValueTask<TResult> Task => new(this, _source.Version);

    public override void Run()
    {
        try
        {
            _result = call(state);
        }
        catch (Exception exception)
        {
            _exception = exception;
        }
    }

    public override void Complete(bool inline)
    {
        if (!TryComplete())
        {
            (_result as IDisposable)?.Dispose();
            late?.Invoke(state);
            return;
        }

        _source.RunContinuationsAsynchronously = !inline;
        if (_exception is { } exception)
        {
            _source.SetException(exception);
        }
        else
        {
            _source.SetResult(_result!);
        }
    }

    TResult IValueTaskSource<TResult>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<TResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<TResult>.OnCompleted(
        Action<object?> continuation, object? continuationState, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, continuationState, token, flags);

    protected override void SetException(Exception exception) => _source.SetException(exception);
}
