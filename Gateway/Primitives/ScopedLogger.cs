namespace Gateway.Primitives;

/// <summary>
/// A logger whose every line carries a connection's scope. A scope opened with <c>BeginScope</c> would flow with the async
/// call instead, and be lost when another loop writes about the connection; this one is opened around each enabled line,
/// so it costs nothing while the level is off. Thread-safe as the logger it wraps.
/// </summary>
internal sealed class ScopedLogger(ILogger inner, ConnectionScope scope) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => inner.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!inner.IsEnabled(logLevel))
        {
            return;
        }

        using (inner.BeginScope(scope))
        {
            inner.Log(logLevel, eventId, state, exception, formatter);
        }
    }
}
