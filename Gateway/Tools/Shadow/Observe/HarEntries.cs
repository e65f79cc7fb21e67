using System.IO.Compression;
using System.Text;
using System.Text.Unicode;

using Gateway.Tools.Har;

namespace Gateway.Tools.Shadow.Observe;

/// <summary>Makes entries of a recording from what went over the wire. Pure.</summary>
internal static class HarEntries
{
    /// <summary>The request alone.</summary>
    public static HarEntry Of(HttpMessage request, TimeSpan duration)
    {
        var text = request.Size == 0 || request.IsCut ? null : TextOf(request, int.MaxValue);
        return new HarEntry
        {
            Index = 0,
            Started = request.Started,
            Duration = duration,
            Method = request.First,
            Url = UrlOf(request),
            RawTarget = request.Target,
            RequestHeaders = request.Headers,
            RequestBody = text,
            IsRequestBodyLeftOut = request.Size > 0 && text is null,
            Status = 0,
            ResponseHeaders = [],
        };
    }

    public static HarEntry Of(HttpMessage request, HttpMessage answer, DateTimeOffset time, int maxBody)
    {
        var text = answer.IsCut ? null : TextOf(answer, maxBody);
        return Of(request, time - request.Started) with
        {
            Status = answer.Status,
            ResponseHeaders = answer.Headers,
            ResponseBody = answer.Size == 0 ? "" : text,
            IsBodyLeftOut = answer.Size > 0 && text is null,
        };
    }

    private static Uri UrlOf(HttpMessage request)
    {
        var target = request.Target.StartsWith('/') ? request.Target : "/";
        var host = request.Header("host") is { Length: > 0 } named ? named : "v0";
        return Uri.TryCreate($"http://{host}{target}", UriKind.Absolute, out var url) ? url : new Uri("http://v0/");
    }

    /// <summary>A body as a reader wants it, not as it was compressed; null when it is no text, or larger than is kept.</summary>
    private static string? TextOf(HttpMessage message, int maxBody)
    {
        var bytes = message.Body;
        try
        {
            using var input = new MemoryStream(bytes);
            using Stream? plain = message.Header("content-encoding") switch
            {
                "gzip" => new GZipStream(input, CompressionMode.Decompress),
                "deflate" => new ZLibStream(input, CompressionMode.Decompress),
                "br" => new BrotliStream(input, CompressionMode.Decompress),
                _ => null,
            };
            bytes = plain is null ? bytes : Read(plain, maxBody);
        }
        catch (Exception exception) when (exception is InvalidDataException or InvalidOperationException)
        {
            return null;
        }

        return bytes is not null && Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : null;
    }

    private static byte[]? Read(Stream plain, int maxBody)
    {
        using var text = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int read; (read = plain.Read(buffer)) > 0;)
        {
            text.Write(buffer, 0, read);
            if (text.Length > maxBody)
            {
                return null;
            }
        }

        return text.ToArray();
    }
}
