using System.Collections.Concurrent;

using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Support;

/// <summary>Keeps what a host logs, so that a test can look at it; and can name what should not have been there. Any thread.</summary>
internal sealed class CapturedLog : ILoggerProvider
{
    private readonly ConcurrentQueue<CapturedLine> _lines = new();

    public IReadOnlyCollection<CapturedLine> Lines => _lines;

    /// <summary>Every warning and error.</summary>
    public IEnumerable<CapturedLine> Complaints => _lines.Where(static line => line.Level >= LogLevel.Warning);

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    /// <param name="Level">Its level.</param>
    /// <param name="Category">The class that wrote it.</param>
    /// <param name="Text">The line, with its exception.</param>
    internal sealed record CapturedLine(LogLevel Level, string Category, string Text);

    private sealed class Logger(CapturedLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log._lines.Enqueue(new CapturedLine(logLevel, category, $"{formatter(state, exception)} {exception}"));
    }
}
