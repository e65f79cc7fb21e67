using Microsoft.Extensions.Options;

namespace Gateway.EngineIO.Sessions;

/// <summary>What every session and every endpoint shares. One instance for the process; immutable.</summary>
internal sealed class EngineServices(
    IOptions<EngineOptions> options, TimeProvider time, EngineMetrics metrics, SessionRegistry registry, ILoggerFactory loggers)
{
    public EngineOptions Options { get; } = options.Value;

    public TimeProvider Time { get; } = time;

    public EngineMetrics Metrics { get; } = metrics;

    public SessionRegistry Registry { get; } = registry;

    public ILogger SessionLogger { get; } = loggers.CreateLogger<EngineSession>();

    public ILogger<T> CreateLogger<T>() => loggers.CreateLogger<T>();
}
