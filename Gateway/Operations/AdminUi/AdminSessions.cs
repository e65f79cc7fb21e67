using System.Security.Cryptography;

namespace Gateway.Operations.AdminUi;

/// <summary>
/// Who has signed in lately, so that a page that reconnects need not ask for the password again: a day each, and a bounded number. Any
/// thread.
/// </summary>
internal sealed class AdminSessions(TimeProvider timeProvider)
{
    private const int Max = 200;

    private static readonly TimeSpan s_lifetime = TimeSpan.FromDays(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _begun = new(StringComparer.Ordinal);

    public string Begin()
    {
        var id = RandomNumberGenerator.GetHexString(32, lowercase: true);
        lock (_lock)
        {
            if (_begun.Count >= Max)
            {
                _begun.Remove(_begun.MinBy(static session => session.Value).Key);
            }

            _begun[id] = timeProvider.GetTimestamp();
        }

        return id;
    }

    public bool IsKnown(string id)
    {
        lock (_lock)
        {
            return _begun.TryGetValue(id, out var begun) && timeProvider.GetElapsedTime(begun) < s_lifetime;
        }
    }
}
