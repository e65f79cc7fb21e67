using Gateway.EngineIO.Polling;
using Gateway.EngineIO.Sessions;

namespace Gateway.EngineIO.Upgrade;

/// <summary>
/// Ends an upgrade that takes too long. A client whose poll is bringing a large packet cannot finish its upgrade before it has all of it,
/// and a client that loses its WebSocket at that point polls no more: so the time is given anew as long as the open requests make progress.
/// Owned by one upgrade; the timer calls from any thread.
/// </summary>
internal sealed class UpgradeTimeLimit : IAsyncDisposable
{
    private readonly PollingTransport _polling;
    private readonly CancellationTokenSource _end;
    private readonly TimeSpan _timeout;
    private readonly ITimer _timer;
    private int _progress;

    public UpgradeTimeLimit(PollingTransport polling, CancellationTokenSource end, EngineContext services)
    {
        _polling = polling;
        _end = end;
        _timeout = services.Options.UpgradeTimeout;
        _progress = polling.Progress;
        _timer = services.TimeProvider.CreateTimer(
            static state => ((UpgradeTimeLimit)state!).Check(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        SetTimer();
    }

    /// <summary>It has ended the upgrade.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Completes when the timer does nothing any more.</summary>
    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private void Check()
    {
        var progress = _polling.Progress;
        if (progress == _progress || !_polling.IsTransferring)
        {
            IsOver = true;
            _end.Cancel();
            return;
        }

        _progress = progress;
        SetTimer();
    }

    private void SetTimer() => _timer.Change(_timeout, Timeout.InfiniteTimeSpan);
}
