using System.Collections.Concurrent;
using System.Text.RegularExpressions;

using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Support;

/// <summary>
/// Keeps what a host logs, so that a test can look at it or wait for a line; and can name what should not have been there: warnings and
/// errors, and reasons that are no words of the log's (<c>docs/telemetry.md</c>). Any thread.
/// </summary>
internal sealed partial class CapturedLog : ILoggerProvider
{
    private readonly ConcurrentQueue<CapturedLine> _lines = new();
    private readonly ConcurrentBag<string> _expected = [];
    private readonly ConcurrentBag<(string Text, int Count, TaskCompletionSource Seen)> _waiters = [];

    public IReadOnlyCollection<CapturedLine> Lines => _lines;

    /// <summary>Called with each line, before who wrote it goes on.</summary>
    public Action<CapturedLine> OnLine { get; set; } = static _ => { };

    /// <summary>Every warning, error and ill-spelt reason that no test expects.</summary>
    public IEnumerable<CapturedLine> Complaints =>
        _lines.Where(line => (line.Level >= LogLevel.Warning || line.HasOddReason) && !_expected.Any(line.Contains));

    /// <summary>A warning or error with this text in it is part of the test.</summary>
    public void Expect(string text) => _expected.Add(text);

    /// <summary>How many lines have this text.</summary>
    public int Count(string text) => _lines.Count(line => line.Contains(text));

    /// <summary>Complete when so many lines with this text were written, before or after the call.</summary>
    public Task WaitForAsync(string text, int count = 1)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiters.Add((text, count, seen));
        if (Count(text) >= count)
        {
            seen.TrySetResult();
        }

        return seen.Task.WaitAsync(TestLimits.Step);
    }

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    private void Add(CapturedLine line)
    {
        _lines.Enqueue(line);
        OnLine(line);
        foreach (var (text, count, seen) in _waiters)
        {
            if (line.Contains(text) && Count(text) >= count)
            {
                seen.TrySetResult();
            }
        }
    }

    /// <param name="Level">Its level.</param>
    /// <param name="Category">The class that wrote it.</param>
    /// <param name="Text">The line, with its exception.</param>
    /// <param name="HasOddReason">It is a line of ours, and says a reason in words that are not the log's.</param>
    internal sealed record CapturedLine(LogLevel Level, string Category, string Text, bool HasOddReason)
    {
        public bool Contains(string text) => Text.Contains(text, StringComparison.Ordinal);
    }

    private static bool IsOddReason(KeyValuePair<string, object?> property) =>
        property.Key == "Reason" && !(property.Value is string text && Word().IsMatch(text));

    [GeneratedRegex("^[a-z][a-z0-9_]*$")]
    private static partial Regex Word();

    private sealed class Logger(CapturedLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Add(new CapturedLine(
                logLevel,
                category,
                $"{formatter(state, exception)} {exception}",
                category.StartsWith(nameof(Gateway), StringComparison.Ordinal)
                    && state is IReadOnlyList<KeyValuePair<string, object?>> properties
                    && properties.Any(IsOddReason)));
    }
}
