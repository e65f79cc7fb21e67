using System.Collections.ObjectModel;

namespace Gateway.EngineIO.Transports;

/// <summary>Keeps of a session's first request what the layers above and the log want. Immutable; any thread.</summary>
internal sealed class HandshakeReader(EngineOptions options)
{
    private const int MaxLabelLength = 64;

    private static readonly ReadOnlyDictionary<string, string> s_noHeaders = ReadOnlyDictionary<string, string>.Empty;

    private readonly string[] _keptHeaders = [.. (IEnumerable<string>?)options.KeptHeaders ?? EngineOptions.DefaultKeptHeaders];
    private readonly string[] _labels = [.. options.LogQueryKeys];

    public EngineHandshake Read(HttpContext context)
    {
        Dictionary<string, string>? kept = null;
        foreach (var name in _keptHeaders)
        {
            if (context.Request.Headers.TryGetValue(name, out var values))
            {
                kept ??= new Dictionary<string, string>(StringComparer.Ordinal);
                kept[name] = values.ToString();
            }
        }

        return new EngineHandshake(
            context.Request.QueryString.Value ?? "", kept ?? (IReadOnlyDictionary<string, string>)s_noHeaders, context.Connection.RemoteIpAddress);
    }

    /// <summary>What the log lines of the connection carry besides its id. A client chooses these values, so they are cut and cleaned.</summary>
    public IReadOnlyList<KeyValuePair<string, object?>> ReadLabels(IQueryCollection query)
    {
        List<KeyValuePair<string, object?>>? labels = null;
        foreach (var key in _labels)
        {
            if (query.TryGetValue(key, out var values) && values.ToString() is { Length: > 0 } value)
            {
                labels ??= new List<KeyValuePair<string, object?>>(_labels.Length);
                labels.Add(new KeyValuePair<string, object?>(key, Sanitise(value)));
            }
        }

        return labels?.ToArray() ?? [];
    }

    private static string Sanitise(string value) =>
        string.Create(Math.Min(value.Length, MaxLabelLength), value, static (target, source) =>
        {
            for (var i = 0; i < target.Length; i++)
            {
                target[i] = char.IsAsciiLetterOrDigit(source[i]) || source[i] is '-' or '_' or '.' ? source[i] : '?';
            }
        });
}
