using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.Text;

using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Gateway.EngineIO.Listening;

/// <summary>
/// Reads the head of a plain <c>GET</c> (RFC 9112), and only one that no two readers could understand differently: what is unusual, and what
/// is wrong, is left to the server. Checks every header, and keeps those that somebody here asks for. Immutable; any thread.
/// </summary>
internal sealed class RequestHead
{
    public const int MaxLength = 8 * 1_024;

    // As the server has it.
    private const int MaxHeaders = 100;

    private static readonly string[] s_ownHeaders =
    [
        HeaderNames.Host, HeaderNames.Connection, HeaderNames.Upgrade, HeaderNames.SecWebSocketKey, HeaderNames.SecWebSocketVersion, HeaderNames.Origin,
    ];

    private static readonly SearchValues<byte> s_nameBytes =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8);

    private static readonly SearchValues<byte> s_pathBytes =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~/"u8);

    private static readonly SearchValues<char> s_hostChars =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    private readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> _names;
    private readonly int _longestName;

    public RequestHead(EngineOptions options)
    {
        var names = s_ownHeaders.Concat((IEnumerable<string>?)options.KeptHeaders ?? EngineOptions.DefaultKeptHeaders).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        _names = names.GetAlternateLookup<ReadOnlySpan<char>>();
        _longestName = names.Max(static name => name.Length);
    }

    private static ReadOnlySpan<byte> Method => "GET "u8;

    private static ReadOnlySpan<byte> Version => " HTTP/1.1"u8;

    private static ReadOnlySpan<byte> LineEnd => "\r\n"u8;

    /// <summary><c>request-line *( field-line CRLF ) CRLF</c></summary>
    /// <param name="bytes">What has arrived; the head must be whole.</param>
    /// <param name="request">Takes what is read; of no use when false is returned.</param>
    /// <param name="length">Of the head, in bytes.</param>
    public bool TryRead(ReadOnlySpan<byte> bytes, IHttpRequestFeature request, out int length)
    {
        length = 0;
        if (!bytes.StartsWith(Method) || bytes.IndexOf("\r\n\r\n"u8) is not (> 0 and var end))
        {
            return false;
        }

        length = end + 4;
        var rest = bytes[..(end + 2)];
        if (!TryReadRequestLine(TakeLine(ref rest), request))
        {
            return false;
        }

        for (var count = 0; !rest.IsEmpty; count++)
        {
            if (count == MaxHeaders || !TryReadHeader(TakeLine(ref rest), request.Headers))
            {
                return false;
            }
        }

        return request.Headers.Host is [{ } host] && IsPlainHost(host);
    }

    private static ReadOnlySpan<byte> TakeLine(ref ReadOnlySpan<byte> rest)
    {
        // Every line has its end: the head was cut after one.
        var end = rest.IndexOf(LineEnd);
        var line = rest[..end];
        rest = rest[(end + LineEnd.Length)..];
        return line;
    }

    /// <summary><c>"GET" SP absolute-path [ "?" query ] SP "HTTP/1.1"</c></summary>
    private static bool TryReadRequestLine(ReadOnlySpan<byte> line, IHttpRequestFeature request)
    {
        if (line.Length < Method.Length + Version.Length || !line.EndsWith(Version))
        {
            return false;
        }

        var target = line[Method.Length..^Version.Length];
        var question = target.IndexOf((byte)'?');
        var path = question < 0 ? target : target[..question];
        var query = question < 0 ? default : target[question..];

        // Dot segments and escapes mean another path than they show.
        if (!path.StartsWith((byte)'/') || path.ContainsAnyExcept(s_pathBytes) || path.IndexOf("/."u8) >= 0
            || query.ContainsAnyExceptInRange((byte)'!', (byte)'~') || query.Contains((byte)'#'))
        {
            return false;
        }

        request.Method = HttpMethods.Get;
        request.Protocol = HttpProtocol.Http11;
        request.Scheme = Uri.UriSchemeHttp;
        request.Path = Encoding.ASCII.GetString(path);
        request.QueryString = Encoding.ASCII.GetString(query);
        return true;
    }

    /// <summary><c>field-name ":" OWS field-value OWS</c></summary>
    private bool TryReadHeader(ReadOnlySpan<byte> line, IHeaderDictionary headers)
    {
        var colon = line.IndexOf((byte)':');
        if (colon <= 0 || line[..colon].ContainsAnyExcept(s_nameBytes) || line[colon..].ContainsAnyExceptInRange((byte)' ', (byte)'~'))
        {
            return false;
        }

        if (AnnouncesBody(line[..colon]))
        {
            return false;
        }

        if (FindName(line[..colon]) is { } name)
        {
            headers.Append(name, Encoding.ASCII.GetString(line[(colon + 1)..].Trim((byte)' ')));
        }

        return true;
    }

    private static bool AnnouncesBody(ReadOnlySpan<byte> name) =>
        Ascii.EqualsIgnoreCase(name, HeaderNames.ContentLength)
        || Ascii.EqualsIgnoreCase(name, HeaderNames.TransferEncoding)
        || Ascii.EqualsIgnoreCase(name, HeaderNames.Expect);

    private string? FindName(ReadOnlySpan<byte> name)
    {
        if (name.Length > _longestName)
        {
            return null;
        }

        Span<char> chars = stackalloc char[name.Length];
        Encoding.ASCII.GetChars(name, chars);
        return _names.TryGetValue(chars, out var known) ? known : null;
    }

    /// <summary>A name or an IPv4 address, and perhaps a port.</summary>
    private static bool IsPlainHost(ReadOnlySpan<char> host)
    {
        var colon = host.IndexOf(':');
        var name = colon < 0 ? host : host[..colon];
        return !name.IsEmpty && !name.ContainsAnyExcept(s_hostChars)
            && (colon < 0 || ushort.TryParse(host[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out _));
    }
}
