using System.Buffers;
using System.IO.Compression;
using System.Text;
using System.Text.Unicode;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Record;

/// <summary>
/// Passes REST calls on as they come, in pieces, and writes down what can be read of them: bodies up to a bound, files of a web UI and what
/// is no text left out, secrets named. Any thread; one call owns one exchange.
/// </summary>
internal sealed class RestRecording(SessionRecorder recorder, HttpMessageInvoker http, long maxBodyBytes)
{
    private const int PieceBytes = 32 * 1024;

    public async Task ExchangeAsync(HttpContext context, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var started = recorder.Now;
        await using var sent = new BoundedCopy(context.Request.Body, maxBodyBytes);
        if (context.Request.ContentLength is > 0 || context.Request.Headers.TransferEncoding.Count > 0)
        {
            request.Content = new StreamContent(sent);
            request.Content.Headers.ContentLength = context.Request.ContentLength;
        }
        else if (context.Request.ContentLength is 0)
        {
            request.Content = new ByteArrayContent([]);
        }

        RecordingProxy.CopyHeaders(context.Request, request);
        var entry = recorder.Begin(context.Request, null, isWebSocket: false, started);
        using var response = await http.SendAsync(request, cancellationToken);
        context.Response.StatusCode = (int)response.StatusCode;
        var headers = RecordingProxy.CopyHeaders(response, context.Response);
        await using var got = new BoundedCopy(await response.Content.ReadAsStreamAsync(cancellationToken), maxBodyBytes);
        await PassOnAsync(got, context.Response, cancellationToken);
        var time = recorder.Now;
        await context.Response.CompleteAsync();

        var path = context.Request.Path.Value ?? "/";
        var content = Content(path, got, response.Content.Headers.ContentType?.MediaType, response.Content.Headers.ContentEncoding);
        entry.Complete(recorder.Response((int)response.StatusCode, headers, content), time, PostData(path, context.Request, sent));
        recorder.Changed(0, sent.Length64 + got.Length64);
    }

    // In pieces, each as it comes: what a server sends slowly must not wait for its end.
    private static async Task PassOnAsync(BoundedCopy body, HttpResponse response, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            for (int read; (read = await body.ReadAsync(buffer, cancellationToken)) > 0;)
            {
                await response.Body.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                if (response.ContentLength is null)
                {
                    await response.Body.FlushAsync(cancellationToken);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private JObject? PostData(string path, HttpRequest request, BoundedCopy sent)
    {
        if (sent.Length64 == 0)
        {
            return null;
        }

        var data = new JObject { ["mimeType"] = request.ContentType ?? "" };
        if (sent.IsCut)
        {
            data["comment"] = "larger than the recorder's bound, left out";
        }
        else if (Text(sent.Kept) is not { } text)
        {
            data["comment"] = "no text, left out";
        }
        else if (recorder.RedactBody(path, text) is { } shown)
        {
            data["text"] = shown;
        }
        else
        {
            data["comment"] = "about secrets and not readable, left out";
        }

        return data;
    }

    private JObject Content(string path, BoundedCopy got, string? type, ICollection<string> encodings)
    {
        var content = new JObject { ["size"] = got.Length64, ["mimeType"] = type ?? "" };
        if (got.Length64 == 0)
        {
            content["text"] = "";
        }
        else if (IsOfWebUi(type))
        {
            content["comment"] = "a static file of the web UI, left out";
        }
        else if (got.IsCut)
        {
            content["comment"] = "larger than the recorder's bound, left out";
        }
        else if (!IsText(type) || Text(Decode(got.Kept, encodings)) is not { } text)
        {
            content["comment"] = "no text, left out";
        }
        else if (recorder.RedactBody(path, text) is { } shown)
        {
            content["text"] = shown;
        }
        else
        {
            content["comment"] = "about secrets and not readable, left out";
        }

        return content;
    }

    private static bool IsOfWebUi(string? type) => type is "text/html" or "text/css" or "text/javascript" or "application/javascript"
        || type?.StartsWith("image/", StringComparison.Ordinal) == true
        || type?.StartsWith("font/", StringComparison.Ordinal) == true;

    private static bool IsText(string? type) => type is null
        || type.StartsWith("text/", StringComparison.Ordinal)
        || type.Contains("json", StringComparison.Ordinal);

    private static string? Text(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : null;

    // A HAR holds bodies as a reader wants them, not as they were compressed.
    private byte[] Decode(ReadOnlySpan<byte> bytes, ICollection<string> encodings)
    {
        using var input = new MemoryStream(bytes.ToArray());
        try
        {
            using Stream plain = encodings.LastOrDefault() switch
            {
                "gzip" => new GZipStream(input, CompressionMode.Decompress),
                "deflate" => new ZLibStream(input, CompressionMode.Decompress),
                "br" => new BrotliStream(input, CompressionMode.Decompress),
                _ => input,
            };
            var output = new byte[PieceBytes];
            using var text = new MemoryStream();
            for (int read; text.Length <= maxBodyBytes && (read = plain.Read(output)) > 0;)
            {
                text.Write(output, 0, read);
            }

            return text.ToArray();
        }
        catch (InvalidDataException)
        {
            return [];
        }
    }
}
