using System.Collections.ObjectModel;

using Gateway.Primitives;

namespace Gateway.EngineIO.Admission;

/// <summary>Keeps of a session's first request what the layers above and the log want. Immutable; any thread.</summary>
internal sealed class HandshakeReader(EngineOptions options)
{
    private static readonly ReadOnlyDictionary<string, string> s_noHeaders = ReadOnlyDictionary<string, string>.Empty;

    private readonly string[] _keptHeaders = [.. options.HandshakeHeaders];
    private readonly string[] _labels = [.. options.LogQueryKeys];
    private string _lastPath = "/";

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

        var query = context.Request.Query as QueryText ?? QueryText.From(context.Request.QueryString.Value);
        return new EngineHandshake(query, kept ?? (IReadOnlyDictionary<string, string>)s_noHeaders, context.Connection.RemoteIpAddress)
        {
            Path = Shared(context.Request.Path.Value ?? "/"),
            IsHttps = context.Request.IsHttps,
        };
    }

    /// <summary>
    /// Nearly every client asks for the same path: sessions keep one text of it, not one each. Two threads may race; either text will do.
    /// </summary>
    private string Shared(string path)
    {
        var last = Volatile.Read(ref _lastPath);
        if (string.Equals(last, path, StringComparison.Ordinal))
        {
            return last;
        }

        Volatile.Write(ref _lastPath, path);
        return path;
    }

    /// <summary>
    /// What the log lines of the connection carry besides its id. A client chooses these values, so they are cut and cleaned.
    /// </summary>
    public IReadOnlyList<KeyValuePair<string, object?>> ReadLabels(IQueryCollection query)
    {
        List<KeyValuePair<string, object?>>? labels = null;
        foreach (var key in _labels)
        {
            if (query.TryGetValue(key, out var values) && values.ToString() is { Length: > 0 } value)
            {
                labels ??= new List<KeyValuePair<string, object?>>(_labels.Length);
                labels.Add(new KeyValuePair<string, object?>(key, LogLabel.Clean(value)));
            }
        }

        return labels?.ToArray() ?? [];
    }
}
