using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.Text;

using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Gateway.EngineIO.Kestrel;

/// <summary>What <see cref="RequestHead"/> found.</summary>
internal enum HeadStatus
{
    /// <summary>So far it may become one.</summary>
    Incomplete,

    Whole,

    /// <summary>Not a plain GET, too long, or not as clients write one: Kestrel reads it.</summary>
    Unusual,
}

/// <summary>
/// Reads the head of a plain <c>GET</c> (RFC 9112), and only one that no two readers could understand differently: what is unusual, and
/// what is wrong, is left to the server. Checks every header, and keeps those that somebody here asks for. Immutable; any thread.
/// </summary>
internal sealed class RequestHead
{
    public const int MaxLength = 8 * 1_024;

    // As the server has it.
    private const int MaxHeaders = 100;

    // Nearly every client sends the same values in these, and none of them is a secret.
    private static readonly string[] s_sharedHeaders =
        [HeaderNames.Host, HeaderNames.Connection, HeaderNames.Upgrade, HeaderNames.SecWebSocketVersion, HeaderNames.Origin,
            HeaderNames.SecWebSocketExtensions];

    private static readonly SearchValues<byte> s_nameBytes =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8);

    private static readonly SearchValues<byte> s_pathBytes =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~/"u8);

    private static readonly SearchValues<char> s_hostChars =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    private readonly FrozenDictionary<string, HeadText>.AlternateLookup<ReadOnlySpan<char>> _headers;
    private readonly HeadText _path = new("", isShared: true);
    private readonly int _longestName;

    /// <param name="keptHeaders">The headers that somebody asks for, besides those of the handshake itself.</param>
    public RequestHead(IEnumerable<string> keptHeaders)
    {
        var headers = s_sharedHeaders.Select(static name => new HeadText(name, isShared: true))
            .Append(new HeadText(HeaderNames.SecWebSocketKey, isShared: false))
            .Concat(keptHeaders.Select(static name => new HeadText(name, isShared: false)))
            .DistinctBy(static header => header.Name, StringComparer.OrdinalIgnoreCase)
            .ToFrozenDictionary(static header => header.Name, StringComparer.OrdinalIgnoreCase);
        _headers = headers.GetAlternateLookup<ReadOnlySpan<char>>();
        _longestName = headers.Keys.Max(static name => name.Length);
    }

    private static ReadOnlySpan<byte> Method => "GET "u8;

    private static ReadOnlySpan<byte> Version => " HTTP/1.1"u8;

    private static ReadOnlySpan<byte> LineEnd => "\r\n"u8;

    /// <summary><c>request-line *( field-line CRLF ) CRLF</c></summary>
    /// <param name="bytes">What has arrived; the head must be whole.</param>
    /// <param name="request">Takes what is read; of no use when false is returned.</param>
    /// <param name="length">Of the head, in bytes.</param>
    public HeadStatus TryRead(ReadOnlySpan<byte> bytes, HandshakeRequest request, out int length)
    {
        length = 0;
        if (!bytes.StartsWith(Method[..Math.Min(Method.Length, bytes.Length)]))
        {
            return HeadStatus.Unusual;
        }

        if (bytes.IndexOf("\r\n\r\n"u8) is not (> 0 and var end))
        {
            return bytes.Length < MaxLength ? HeadStatus.Incomplete : HeadStatus.Unusual;
        }

        length = end + 4;
        var rest = bytes[..(end + 2)];
        if (!TryReadRequestLine(TakeLine(ref rest), request))
        {
            return HeadStatus.Unusual;
        }

        for (var count = 0; !rest.IsEmpty; count++)
        {
            if (count == MaxHeaders || !TryReadHeader(TakeLine(ref rest), request.Headers))
            {
                return HeadStatus.Unusual;
            }
        }

        return request.Headers.Host is [{ } host] && IsPlainHost(host) ? HeadStatus.Whole : HeadStatus.Unusual;
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
    private bool TryReadRequestLine(ReadOnlySpan<byte> line, HandshakeRequest request)
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

        request.Path = _path.Read(path);
        request.Query = query.IsEmpty ? QueryText.Empty : new QueryText(query.ToArray());
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

        if (FindHeader(line[..colon]) is { } header)
        {
            headers.Append(header.Name, header.Read(line[(colon + 1)..].Trim((byte)' ')));
        }

        return true;
    }

    private static bool AnnouncesBody(ReadOnlySpan<byte> name) =>
        Ascii.EqualsIgnoreCase(name, HeaderNames.ContentLength)
        || Ascii.EqualsIgnoreCase(name, HeaderNames.TransferEncoding)
        || Ascii.EqualsIgnoreCase(name, HeaderNames.Expect);

    private HeadText? FindHeader(ReadOnlySpan<byte> name)
    {
        if (name.Length > _longestName)
        {
            return null;
        }

        Span<char> chars = stackalloc char[name.Length];
        Encoding.ASCII.GetChars(name, chars);
        return _headers.TryGetValue(chars, out var known) ? known : null;
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
