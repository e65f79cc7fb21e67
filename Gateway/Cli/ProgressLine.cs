namespace Gateway.Cli;

/// <summary>
/// Says on standard error how far something is: on a terminal one line that is written again and again and is gone in the end, elsewhere a
/// line now and then, the last of them of the end. What is told beside it has lines of its own. Any thread.
/// </summary>
internal sealed class ProgressLine(Func<string> line, TimeProvider timeProvider, TextWriter output, bool isTerminal)
{
    private const string EraseLine = "\r\x1b[K";

    private static readonly TimeSpan s_onTerminal = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_elsewhere = TimeSpan.FromSeconds(10);

    // Guards what is on the terminal's line, or was the last line elsewhere.
    private readonly Lock _lock = new();
    private bool _hasEnded;
    private string? _shown;

    public ProgressLine(Func<string> line, TimeProvider timeProvider)
        : this(line, timeProvider, Console.Error, !Console.IsErrorRedirected)
    {
    }

    /// <summary>Shows it until the result is disposed.</summary>
    public IDisposable Begin()
    {
        var interval = isTerminal ? s_onTerminal : s_elsewhere;
        return new Shown(this, timeProvider.CreateTimer(static shown => ((ProgressLine)shown!).Show(), this, interval, interval));
    }

    public void Tell(string text)
    {
        lock (_lock)
        {
            output.WriteLine($"{(isTerminal ? EraseLine : "")}{text}");
        }
    }

    private void Show()
    {
        lock (_lock)
        {
            if (!_hasEnded)
            {
                Write(line());
            }
        }
    }

    private void End()
    {
        lock (_lock)
        {
            _hasEnded = true;
            if (isTerminal)
            {
                output.Write(EraseLine);
            }
            else if (_shown is not null && line() is var last && last != _shown)
            {
                // What was said last is not to stay as if it were the end.
                Write(last);
            }
        }
    }

    private void Write(string text)
    {
        _shown = text;
        output.Write(isTerminal ? EraseLine + text : text + Environment.NewLine);
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
