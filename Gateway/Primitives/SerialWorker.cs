namespace Gateway.Primitives;

/// <summary>
/// Work that others ask for and that never runs twice at a time: a writer of one stream, the handler of one queue, a reader that follows a
/// log. <see cref="Wake"/> and <see cref="Stop"/> may be called from any thread, also from within a run, and never block or run the work on
/// the caller's thread. A wake-up carries no information: the run looks for itself what there is to do. A run that begins after a
/// <see cref="Wake"/> sees everything that the waker did before it; a wake-up that comes during a run is followed by another run. So a
/// derived class needs no flag of its own to tell whether it is at work. Idle it costs one number, and no thread.
/// </summary>
internal abstract class SerialWorker : IThreadPoolWorkItem
{
    // No run is due and none is under way.
    private const int Idle = 0;

    // A run is due: it has been scheduled, or follows the one that is under way.
    private const int Due = 1;

    // A run is under way, and nobody has asked for another.
    private const int Running = 2;

    // Stopped while a run was due or under way.
    private const int Stopping = 3;

    // No run is under way and none will begin.
    private const int Stopped = 4;

    private int _state;

    /// <summary>No run begins any more; one may still be under way.</summary>
    public bool IsStopped => Volatile.Read(ref _state) >= Stopping;

    /// <summary>Asks for a run. Once is as good as many times; after <see cref="Stop"/> it does nothing.</summary>
    public void Wake()
    {
        var state = Volatile.Read(ref _state);
        while (state < Stopping)
        {
            // Written even where it changes nothing: the fence makes what the caller did before visible to the run that is due.
            var seen = Interlocked.CompareExchange(ref _state, Due, state);
            if (seen == state)
            {
                if (state == Idle)
                {
                    Schedule();
                }

                return;
            }

            state = seen;
        }
    }

    /// <summary>
    /// No run begins from now on, also none that is due. One that is under way ends by itself; <see cref="OnStopped"/> follows it, or is
    /// called at once when there is none. The second call does nothing.
    /// </summary>
    public void Stop()
    {
        var state = Volatile.Read(ref _state);
        while (state < Stopping)
        {
            var seen = Interlocked.CompareExchange(ref _state, state == Idle ? Stopped : Stopping, state);
            if (seen == state)
            {
                if (state == Idle)
                {
                    OnStopped();
                }

                return;
            }

            state = seen;
        }
    }

    /// <summary>
    /// The work that <see cref="Schedule"/> put somewhere. Only whatever it was given to calls, once for each time it was scheduled.
    /// </summary>
    public void Execute()
    {
        while (TryBegin())
        {
            // A run that has nothing to wait for costs no task; one that waits goes on where its wait ends.
            ValueTask run;
            try
            {
                run = RunAsync();
            }
            catch (Exception exception)
            {
                Fault(exception);
                return;
            }

            if (!run.IsCompletedSuccessfully)
            {
                _ = FinishAsync(run);
                return;
            }

            if (!TryContinue())
            {
                return;
            }
        }
    }

    /// <summary>Does what there is to do. Never called while an earlier call has not completed. An exception stops the worker.</summary>
    protected abstract ValueTask RunAsync();

    /// <summary>A run has thrown: no other will begin. Called before <see cref="OnStopped"/>; must not throw.</summary>
    protected abstract void OnFault(Exception exception);

    /// <summary>No run is under way and none will begin. Called once, by the last run or by <see cref="Stop"/>; must not throw.</summary>
    protected virtual void OnStopped()
    {
    }

    /// <summary>
    /// Brings it about that <see cref="Execute"/> is called once, soon and on another stack. Overridden by who has a queue of workers.
    /// </summary>
    protected virtual void Schedule() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    private async Task FinishAsync(ValueTask run)
    {
        try
        {
            do
            {
                await run;
                if (!TryContinue() || !TryBegin())
                {
                    return;
                }

                run = RunAsync();
            }
            while (true);
        }
        catch (Exception exception)
        {
            Fault(exception);
        }
    }

    // From due to running: what the run reads from here on is newer than every wake-up that this takes as answered.
    private bool TryBegin() =>
        Interlocked.CompareExchange(ref _state, Running, Due) == Due || EndStopping();

    // From running to idle, unless another run is due.
    private bool TryContinue()
    {
        var seen = Interlocked.CompareExchange(ref _state, Idle, Running);
        return seen == Due || (seen == Stopping && EndStopping());
    }

    // Always false: the answer to "does a run follow?".
    private bool EndStopping()
    {
        Volatile.Write(ref _state, Stopped);
        OnStopped();
        return false;
    }

    private void Fault(Exception exception)
    {
        // Whatever it was, it is stopping now: the run that has failed is the one that ends it.
        Interlocked.Exchange(ref _state, Stopping);
        OnFault(exception);
        EndStopping();
    }
}
