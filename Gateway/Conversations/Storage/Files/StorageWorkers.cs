namespace Gateway.Conversations.Storage.Files;

/// <summary>
/// A thread on which <see cref="StorageThreads"/> has calls run. Its properties belong to the lock of its owner, which calls every member.
/// </summary>
internal abstract class StorageWorker
{
    /// <summary>The call that it runs, or is to run; null while it is idle.</summary>
    public StorageCall? Current { get; set; }

    public long StartedAt { get; private set; }

    /// <summary>Its call takes long: another thread has its place.</summary>
    public bool IsSlow { get; set; }

    /// <summary>Its call has been given up.</summary>
    public bool IsHanging { get; set; }

    public void Give(StorageCall call, long startedAt)
    {
        Current = call;
        StartedAt = startedAt;
    }

    /// <summary>What it was given is to be run, or it is to end.</summary>
    public abstract void Wake();
}

/// <summary>A thread of the pool, for one call at a time; its owner is told when that has ended.</summary>
internal sealed class BorrowedStorageWorker(Action<BorrowedStorageWorker, StorageCall> ended) : StorageWorker, IThreadPoolWorkItem
{
    private StorageCall? _given;

    public override void Wake()
    {
        _given = Current;

        // The next thing that the calling thread does, not behind all that waits for the pool.
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
    }

    public void Execute()
    {
        if (_given is { } call)
        {
            call.Run();
            ended(this, call);

            // A reader goes on here: the thread is one of the pool, and nobody else has it now. What follows an append waits behind the
            // clients that are being sent what came before: more events go into each write then.
            call.Complete(inline: call.Kind == StorageCallKind.Read);
        }
    }
}

/// <summary>A thread of the store's own: asks its owner what to do next, sleeping meanwhile, until there is nothing more.</summary>
internal sealed class OwnStorageWorker(Func<OwnStorageWorker, StorageCall?> next) : StorageWorker
{
    private const int StackBytes = 512 * 1024;

    private readonly object _signal = new();
    private bool _isWoken;

    public void Start() => new Thread(Run, StackBytes) { IsBackground = true, Name = "storage" }.UnsafeStart();

    public override void Wake()
    {
        lock (_signal)
        {
            _isWoken = true;
            Monitor.Pulse(_signal);
        }
    }

    public void Sleep()
    {
        lock (_signal)
        {
            while (!_isWoken)
            {
                Monitor.Wait(_signal);
            }

            _isWoken = false;
        }
    }

    private void Run()
    {
        while (next(this) is { } call)
        {
            call.Run();
            call.Complete(inline: false);
        }
    }
}
