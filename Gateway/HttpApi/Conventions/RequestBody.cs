using System.Buffers;
using System.IO.Pipelines;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Unicode;

using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Conventions;

/// <summary>
/// Reads a request's body as V0's routes do: JSON when the content type says so or nothing, else text, which is no object. The body's size
/// is bounded by the server (<see cref="HttpApiOptions.MaxBodyBytes"/>), and reading ends with the request. Stateless; any thread.
/// </summary>
internal static class RequestBody
{
    /// <summary>The fields of the object, or null when the body is none: then the reason is in <paramref name="errors"/>.</summary>
    public static async ValueTask<RequestFields?> ReadFieldsAsync(HttpContext context, RequestErrors errors)
    {
        var (isThere, json) = await ReadAsync(context, errors);
        if (json is JObject fields)
        {
            return new RequestFields(fields, errors, "body");
        }

        if (!isThere || json is { Type: JTokenType.Null })
        {
            errors.Missing(["body"], null);
        }
        else if (json is not null)
        {
            errors.NotAnObject(["body"], json);
        }

        return null;
    }

    /// <summary>As <see cref="ReadFieldsAsync"/>, where no body, or null as the body, is an object without fields.</summary>
    public static async ValueTask<RequestFields?> ReadOptionalFieldsAsync(HttpContext context, RequestErrors errors)
    {
        var (isThere, json) = await ReadAsync(context, errors);
        if (!isThere || json is { Type: JTokenType.Null })
        {
            return new RequestFields([], errors, "body");
        }

        if (json is JObject fields)
        {
            return new RequestFields(fields, errors, "body");
        }

        if (json is not null)
        {
            errors.NotAnObject(["body"], json);
        }

        return null;
    }

    /// <summary>The body's JSON. Not there when it is empty; null, with the fault added, when it is no JSON.</summary>
    public static async ValueTask<(bool IsThere, JToken? Json)> ReadAsync(HttpContext context, RequestErrors errors)
    {
        var bytes = await ReadBytesAsync(context);
        if (bytes.Length == 0)
        {
            return (false, null);
        }

        var isJson = IsJson(context.Request.ContentType);
        var bare = isJson && bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? bytes.AsMemory(Encoding.UTF8.Preamble.Length) : bytes;
        var text = Encoding.UTF8.GetString(bare.Span);
        if (!isJson)
        {
            return (true, new JValue(text));
        }

        var fault = JsonFault.Find(text);
        if (!Utf8.IsValid(bare.Span) || fault is { IsNesting: true })
        {
            errors.Unreadable();
        }
        else if (fault is { } found)
        {
            errors.Add("json_invalid", ["body", CodePointsBefore(text, found.Position)], "JSON decode error", new JObject(),
                new JObject { ["error"] = found.Message });
        }
        else if (JsonTree.TryRead(bare.Span, out var json))
        {
            return (true, json);
        }
        else
        {
            errors.Unreadable();
        }

        return (true, null);
    }

    /// <summary>The body as it came.</summary>
    public static async ValueTask<byte[]> ReadBytesAsync(HttpContext context)
    {
        var reader = context.Request.BodyReader;

        // A read that is given up by a token leaves the server's reader in a state in which it cannot read what remains.
        await using var aborting = context.RequestAborted.UnsafeRegister(
            static reader => ((PipeReader)reader!).CancelPendingRead(), reader);
        while (true)
        {
            var read = await reader.ReadAsync(CancellationToken.None);
            if (read.IsCanceled)
            {
                // By the token; or by the server, which wakes its readers when it stops and still waits for what they read.
                reader.AdvanceTo(read.Buffer.Start);
                context.RequestAborted.ThrowIfCancellationRequested();
                continue;
            }

            if (read.IsCompleted)
            {
                var bytes = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return bytes;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>V0 counts code points.</summary>
    private static int CodePointsBefore(string text, int position) =>
        text.AsSpan(0, position).ToString().Count(static c => !char.IsLowSurrogate(c));

    private static bool IsJson(string? contentType) =>
        string.IsNullOrEmpty(contentType)
        || (MediaTypeHeaderValue.TryParse(contentType, out var type)
            && type.MediaType is { } name
            && (name.Equals("application/json", StringComparison.OrdinalIgnoreCase)
                || (name.StartsWith("application/", StringComparison.OrdinalIgnoreCase)
                    && name.EndsWith("+json", StringComparison.OrdinalIgnoreCase))));
}
