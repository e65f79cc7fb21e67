namespace Gateway.Cli;

/// <summary>
/// Says on standard error how far something is: on a terminal one line that is written again and again, elsewhere a line now and then. What
/// is told beside it has lines of its own. Any thread.
/// </summary>
internal sealed class ProgressLine(Func<string> line, TimeProvider timeProvider)
{
    private const string EraseLine = "\r\x1b[K";

    private static readonly TimeSpan s_onTerminal = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_elsewhere = TimeSpan.FromSeconds(10);

    private readonly bool _isTerminal = !Console.IsErrorRedirected;

    // Guards what is on the terminal's line.
    private readonly Lock _lock = new();
    private bool _hasEnded;

    /// <summary>Shows it until the result is disposed.</summary>
    public IDisposable Begin()
    {
        var interval = _isTerminal ? s_onTerminal : s_elsewhere;
        return new Shown(this, timeProvider.CreateTimer(static shown => ((ProgressLine)shown!).Show(), this, interval, interval));
    }

    public void Tell(string text)
    {
        lock (_lock)
        {
            Console.Error.WriteLine($"{(_isTerminal ? EraseLine : "")}{text}");
        }
    }

    private void Show()
    {
        lock (_lock)
        {
            if (!_hasEnded)
            {
                Console.Error.Write(_isTerminal ? EraseLine + line() : line() + Environment.NewLine);
            }
        }
    }

    private void End()
    {
        lock (_lock)
        {
            _hasEnded = true;
            if (_isTerminal)
            {
                Console.Error.Write(EraseLine);
            }
        }
    }

    private sealed class Shown(ProgressLine line, ITimer timer) : IDisposable
    {
        public void Dispose()
        {
            timer.Dispose();
            line.End();
        }
    }
}
