namespace Gateway.Fixtures.Play;

/// <summary>Wakes one waiter whenever something came. Any thread may <see cref="Beat"/>; nothing is lost between <see cref="Next"/> and the wait.</summary>
internal sealed class Pulse
{
    private volatile TaskCompletionSource _next = New();

    /// <summary>Take it before looking at the state, await it after.</summary>
    public Task Next => _next.Task;

    public void Beat() => Interlocked.Exchange(ref _next, New()).TrySetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
