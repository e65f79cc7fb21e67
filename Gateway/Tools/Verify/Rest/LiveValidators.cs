using Gateway.Tools.Har;

namespace Gateway.Tools.Verify.Rest;

/// <summary>
/// What a client keeps of a file it asks for by <c>ETag</c> and <c>Last-Modified</c>, which are a server's own: puts the target's in the
/// place of the recorded ones. Thread-safe.
/// </summary>
internal sealed class LiveValidators
{
    private static readonly string[] s_validators = ["etag", "last-modified"];
    private static readonly string[] s_conditions = ["if-none-match", "if-modified-since", "if-range"];

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Path, string Recorded), string> _live = [];

    /// <summary>Both are answers to the same call.</summary>
    public void Learn(RestOutcome outcome)
    {
        foreach (var name in s_validators)
        {
            if (outcome.Call.Entry.ResponseHeader(name) is { } recorded && outcome.Header(name) is { } live)
            {
                lock (_lock)
                {
                    _live[(outcome.Call.Path, recorded)] = live;
                }
            }
        }
    }

    /// <summary>The call as it is to be sent.</summary>
    public HarEntry ToLive(RestCall call) => call.Entry with
    {
        RequestHeaders = [.. call.Entry.RequestHeaders
            .Select(header => Find(call, header) is { } live ? header with { Value = live } : header)],
    };

    /// <summary>A condition names what no recorded answer has shown.</summary>
    public bool HasUnknown(RestCall call) =>
        call.Entry.RequestHeaders.Any(header => IsCondition(header) && Find(call, header) is null);

    private static bool IsCondition(HarHeader header) => s_conditions.Contains(header.Name, StringComparer.OrdinalIgnoreCase);

    private string? Find(RestCall call, HarHeader header)
    {
        if (!IsCondition(header))
        {
            return null;
        }

        lock (_lock)
        {
            return _live.GetValueOrDefault((call.Path, header.Value));
        }
    }
}
