using System.Collections.Concurrent;

using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Conversations.Support;

/// <summary>Keeps what a rig logs, and lets a test wait for a line. A warning or error that no test expects is a complaint. Any thread.</summary>
internal sealed class RigLog : ILoggerProvider
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> _lines = new();
    private readonly ConcurrentBag<string> _expected = [];
    private readonly ConcurrentBag<(string Text, int Count, TaskCompletionSource Seen)> _waiters = [];

    public IEnumerable<string> Lines => _lines.Select(static line => line.Text);

    public IEnumerable<string> Complaints => _lines
        .Where(line => line.Level >= LogLevel.Warning && !_expected.Any(text => line.Text.Contains(text, StringComparison.Ordinal)))
        .Select(static line => line.Text);

    /// <summary>A warning or error with this text in it is part of the test.</summary>
    public void Expect(string text) => _expected.Add(text);

    /// <summary>How many lines have this text.</summary>
    public int Count(string text) => Lines.Count(line => line.Contains(text, StringComparison.Ordinal));

    /// <summary>Complete when so many lines with this text were written, before or after the call.</summary>
    public Task WaitForAsync(string text, int count = 1)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiters.Add((text, count, seen));
        if (Count(text) >= count)
        {
            seen.TrySetResult();
        }

        return seen.Task.WaitAsync(Limits.Step);
    }

    public ILogger CreateLogger(string categoryName) => new Logger(this);

    public void Dispose()
    {
    }

    private void Add(LogLevel level, string text)
    {
        _lines.Enqueue((level, text));
        foreach (var (awaited, count, seen) in _waiters)
        {
            if (text.Contains(awaited, StringComparison.Ordinal) && Count(awaited) >= count)
            {
                seen.TrySetResult();
            }
        }
    }

    private sealed class Logger(RigLog log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Add(logLevel, $"{formatter(state, exception)} {exception}".TrimEnd());
    }
}
