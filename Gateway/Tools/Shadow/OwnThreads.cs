using System.Collections.Concurrent;

namespace Gateway.Tools.Shadow;

/// <summary>
/// Threads for reading and comparing, so that the pool's are there for those who forward. What is started here and awaits goes on here.
/// Disposed by its owner when nothing runs any more.
/// </summary>
internal sealed class OwnThreads : TaskScheduler, IDisposable
{
    private readonly BlockingCollection<Task> _tasks = [];
    private readonly List<Thread> _threads = [];

    public OwnThreads(int count, string name)
    {
        for (var i = 0; i < count; i++)
        {
            var thread = new Thread(Run) { IsBackground = true, Name = name };
            _threads.Add(thread);
            thread.Start();
        }
    }

    public override int MaximumConcurrencyLevel => _threads.Count;

    /// <summary>Runs it here from its beginning.</summary>
    public Task RunAsync(Func<Task> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, this).Unwrap();

    public void Dispose()
    {
        _tasks.CompleteAdding();
        _threads.ForEach(static thread => thread.Join());
        _tasks.Dispose();
    }

    // What comes when all is over is the end of something that nobody waits for: the pool may have it.
    protected override void QueueTask(Task task)
    {
        try
        {
            _tasks.Add(task);
        }
        catch (InvalidOperationException)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static pair => pair.Owner.TryExecuteTask(pair.Task), (Owner: this, Task: task), false);
        }
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        _threads.Contains(Thread.CurrentThread) && !taskWasPreviouslyQueued && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks() => [.. _tasks];

    private void Run()
    {
        foreach (var task in _tasks.GetConsumingEnumerable())
        {
            TryExecuteTask(task);
        }
    }
}
