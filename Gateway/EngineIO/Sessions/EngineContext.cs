using Gateway.EngineIO.Admission;
using Gateway.EngineIO.WebSockets;

using Microsoft.Extensions.Options;

namespace Gateway.EngineIO.Sessions;

/// <summary>What every session and every endpoint shares. One instance for the process; immutable. Owns the heartbeats' wheel.</summary>
internal sealed class EngineContext(
    IOptions<EngineOptions> options,
    TimeProvider timeProvider,
    EngineMetrics metrics,
    SessionRegistry registry,
    InboundBudget inboundBudget,
    AddressLimits addressLimits,
    ISessionPeers peers,
    ILoggerFactory loggers,
    ISessionObserver? observer = null,
    ISessionsBehind? behind = null) : IDisposable
{
    public EngineOptions Options { get; } = options.Value;

    public TimeProvider TimeProvider { get; } = timeProvider;

    /// <summary>Tells every session's heartbeat when its time has come.</summary>
    public HeartbeatWheel Heartbeats { get; } = new(timeProvider, options.Value);

    public EngineMetrics Metrics { get; } = metrics;

    public SessionRegistry Registry { get; } = registry;

    /// <summary>What unfinished messages of all sessions may hold.</summary>
    public InboundBudget InboundBudget { get; } = inboundBudget;

    /// <summary>What connections that write may keep to compress.</summary>
    public DeflateBudget DeflateBudget { get; } = new();

    /// <summary>How many sessions there may be, in all and of one address.</summary>
    public AddressLimits AddressLimits { get; } = addressLimits;

    /// <summary>Other processes with sessions of their own.</summary>
    public ISessionPeers Peers { get; } = peers;

    /// <summary>Who watches sessions from outside; null when nobody does.</summary>
    public ISessionObserver? Observer { get; } = observer;

    /// <summary>A server behind this one with sessions of its own; null when there is none.</summary>
    public ISessionsBehind? Behind { get; } = behind;

    public ILogger SessionLogger { get; } = loggers.CreateLogger<EngineSession>();

    public ILogger<T> CreateLogger<T>() => loggers.CreateLogger<T>();

    public void Dispose() => Heartbeats.Dispose();
}
