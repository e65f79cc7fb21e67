using System.Net;
using System.Threading.RateLimiting;

using Gateway.EngineIO.Sessions;
using Gateway.Primitives;

using Microsoft.Extensions.Options;

namespace Gateway.EngineIO.Admission;

/// <summary>
/// Who may open a session: as many as there may be in all, from one address, and from one address in a second. An address is an IPv4
/// address or an IPv6 /64; a client without one (a Unix socket) is limited in all alone. One instance for the process; any thread.
/// </summary>
internal sealed class AddressLimits(IOptions<EngineOptions> options, SessionRegistry registry) : IDisposable
{
    private readonly KeyedLimiter<AddressKey>? _sessions = KeyedLimiter<AddressKey>.AtOnce(options.Value.MaxSessionsPerAddress);

    private readonly KeyedLimiter<AddressKey>? _connects =
        KeyedLimiter<AddressKey>.EachSecond(options.Value.ConnectsPerSecond, options.Value.ConnectBurst);

    /// <summary>Reserves a session; null, with the error to answer, when there may be none.</summary>
    public SessionSlot? TryReserve(IPAddress? address, out EngineError error)
    {
        error = EngineError.Draining;
        if (!registry.IsAdmitting)
        {
            return null;
        }

        error = EngineError.Full;
        RateLimitLease? held = null;
        if (address is not null && !TryEnter(AddressKey.Of(address), out held, ref error))
        {
            return null;
        }

        if (registry.TryReserve(held) is { } slot)
        {
            return slot;
        }

        held?.Dispose();
        error = registry.IsAdmitting ? EngineError.Full : EngineError.Draining;
        return null;
    }

    /// <summary>How full the limit of an address's sessions is; nothing while there is none.</summary>
    public LimitFigures MeasureSessions() => _sessions?.Measure() ?? default;

    /// <summary>As <see cref="MeasureSessions"/>, of an address's new sessions in a second.</summary>
    public LimitFigures MeasureConnects() => _connects?.Measure() ?? default;

    public void Dispose()
    {
        _sessions?.Dispose();
        _connects?.Dispose();
    }

    private bool TryEnter(AddressKey address, out RateLimitLease? held, ref EngineError error)
    {
        held = null;
        if (_connects is not null)
        {
            using var token = _connects.TryAcquire(address);
            if (token is null)
            {
                error = EngineError.TooManyConnects;
                return false;
            }
        }

        held = _sessions?.TryAcquire(address);
        if (_sessions is not null && held is null)
        {
            error = EngineError.TooManySessions;
            return false;
        }

        return true;
    }
}
