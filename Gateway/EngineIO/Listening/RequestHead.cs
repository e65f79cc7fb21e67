using System.Buffers;
using System.Globalization;
using System.Text;

using Microsoft.Net.Http.Headers;

namespace Gateway.EngineIO.Listening;

/// <summary>
/// Reads the head of a plain <c>GET</c> (RFC 9112), and only one that no two readers could understand differently: what is unusual, and what
/// is wrong, is left to the server. Pure; any thread.
/// </summary>
internal static class RequestHead
{
    public const int MaxLength = 8 * 1_024;

    // As the server has it.
    private const int MaxHeaders = 100;

    private static readonly SearchValues<byte> s_nameBytes =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8);

    private static readonly SearchValues<byte> s_pathBytes =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~/"u8);

    private static readonly SearchValues<char> s_hostChars =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    private static ReadOnlySpan<byte> Method => "GET "u8;

    private static ReadOnlySpan<byte> Version => " HTTP/1.1"u8;

    /// <summary><c>request-line *( field-line CRLF ) CRLF</c></summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, HttpRequest request, out int length)
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
        // Every line ends so: the head was cut after such an end.
        var end = rest.IndexOf("\r\n"u8);
        var line = rest[..end];
        rest = rest[(end + 2)..];
        return line;
    }

    /// <summary><c>"GET" SP absolute-path [ "?" query ] SP "HTTP/1.1"</c></summary>
    private static bool TryReadRequestLine(ReadOnlySpan<byte> line, HttpRequest request)
    {
        if (!line.EndsWith(Version))
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
        request.Path = new PathString(Encoding.ASCII.GetString(path));
        request.QueryString = new QueryString(query.IsEmpty ? null : Encoding.ASCII.GetString(query));
        return true;
    }

    /// <summary><c>field-name ":" OWS field-value OWS</c></summary>
    private static bool TryReadHeader(ReadOnlySpan<byte> line, IHeaderDictionary headers)
    {
        var colon = line.IndexOf((byte)':');
        if (colon <= 0 || line[..colon].ContainsAnyExcept(s_nameBytes) || line[colon..].ContainsAnyExceptInRange((byte)' ', (byte)'~'))
        {
            return false;
        }

        var name = Encoding.ASCII.GetString(line[..colon]);
        headers.Append(name, Encoding.ASCII.GetString(line[(colon + 1)..].Trim((byte)' ')));

        // A body, or a wish that comes with one.
        return !name.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase)
            && !name.Equals(HeaderNames.TransferEncoding, StringComparison.OrdinalIgnoreCase)
            && !name.Equals(HeaderNames.Expect, StringComparison.OrdinalIgnoreCase);
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
