using System.Globalization;
using System.Text;

using Gateway.Primitives.Json;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Har;

/// <summary>
/// Reads a HAR file leniently: what it does not know is passed over, what is missing has a default. A file that is none says why in one
/// line. Pure; it never throws for what the text holds.
/// </summary>
internal static class HarReader
{
    private const int MaxDepth = 128;

    // Past the year 5000 in seconds; as milliseconds it is 1973. Playwright writes milliseconds, Chrome seconds.
    private const double LeastMilliseconds = 1e11;

    /// <returns>Null when the text is no usable HAR; then <paramref name="problem"/> says why.</returns>
    public static HarFile? Read(TextReader text, out string problem)
    {
        try
        {
            using var reader = new JsonTextReader(text)
            {
                DateParseHandling = DateParseHandling.None,
                MaxDepth = MaxDepth,
                CloseInput = false
            };
            return reader.Read()
                && JToken.ReadFrom(reader) is JObject root ? Read(root, out problem) : Fail("holds no JSON object", out problem);
        }
        catch (JsonReaderException exception)
        {
            return Fail($"is cut off or is no JSON (line {exception.LineNumber}, position {exception.LinePosition})", out problem);
        }
    }

    private static HarFile? Read(JObject root, out string problem)
    {
        if (root["log"] is not JObject log)
        {
            return Fail("is no HAR: it has no \"log\"", out problem);
        }

        var version = log.TextOrNull("version");
        if (version is not null && version is not "1.1" and not "1.2")
        {
            return Fail($"is HAR of the unknown version {Shown(version)}", out problem);
        }

        if (log["entries"] is not JArray entries)
        {
            return Fail("is no HAR: it has no \"entries\"", out problem);
        }

        problem = "";
        var read = entries.OfType<JObject>().Select(ReadEntry).OfType<HarEntry>();
        return new HarFile([.. read.OrderBy(static entry => entry.Started)]);
    }

    private static HarEntry? ReadEntry(JObject entry, int index)
    {
        var request = entry["request"] as JObject;
        if (request is null || !Uri.TryCreate(request.TextOrNull("url"), UriKind.Absolute, out var url))
        {
            return null;
        }

        var response = entry["response"] as JObject;
        var content = response?["content"] as JObject;
        var body = Body(content);

        // The first bytes of gzip, the second of them lost: nothing brings such a text back.
        var isUnreadable = body is ['\u001f', '\ufffd' or '\u008b', ..];
        return new HarEntry
        {
            Index = index,
            Started = Date(entry["startedDateTime"]),
            Duration = TimeSpan.FromMilliseconds(Math.Clamp(entry.Number("time"), 0, 1e10)),
            Method = request.TextOrNull("method") ?? "GET",
            Url = url,
            RequestHeaders = Headers(request["headers"]),
            RequestBody = request.Member("postData").TextOrNull("text"),
            IsRequestBodyLeftOut = IsLeftOut(request["postData"]),
            Status = (int)Math.Clamp(response.Number("status"), 0, 999),
            ResponseHeaders = Headers(response?["headers"]),
            ResponseBody = isUnreadable ? null : body,
            HasUnreadableBody = isUnreadable,
            IsBodyLeftOut = IsLeftOut(content),
            RawTarget = RawTarget(request.Text("url")),
            Messages = Messages(entry, url),
            Close = Close(entry["_close"] as JObject),
        };
    }

    private static List<HarMessage>? Messages(JObject entry, Uri url)
    {
        if (entry["_webSocketMessages"] is not JArray messages)
        {
            // A WebSocket over which nothing went has no messages in some exports.
            return url.Scheme is "ws" or "wss" || entry.TextOrNull("_resourceType") == "websocket" ? [] : null;
        }

        // Without times, the order of the file is all there is.
        var started = Date(entry["startedDateTime"]);
        var read = messages.OfType<JObject>().Select(message => new HarMessage(
            message.TextOrNull("type") == "send", message["time"] is { } time
                ? Seconds(time)
                : started, message.Number("opcode") == 2, message.Text("data")));
        return [.. read.OrderBy(static message => message.Time)];
    }

    private static HarClose? Close(JObject? close) => close is null
        ? null
        : new HarClose(
            close.TextOrNull("by") == "client",
            (int)Math.Clamp(close.Number("code"), 0, 65_535),
            close.Text("reason"),
            close["time"] is null ? null : Seconds(close["time"]));

    private static bool IsLeftOut(JToken? body) => body.Text("comment").Contains("left out", StringComparison.Ordinal);

    private static string? Body(JObject? content)
    {
        var text = content.TextOrNull("text");
        if (text is null || content.TextOrNull("encoding") != "base64")
        {
            return text;
        }

        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length) : text;
    }

    private static List<HarHeader> Headers(JToken? headers) => headers is JArray array
        ? [.. array.OfType<JObject>().Select(static header => new HarHeader(header.Text("name"), header.Text("value")))]
        : [];

    private static DateTimeOffset Date(JToken? token) =>
        DateTimeOffset.TryParse(token.AsText(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date)
            ? date
            : DateTimeOffset.UnixEpoch;

    private static DateTimeOffset Seconds(JToken? token)
    {
        var number = Math.Clamp(token.AsNumber() ?? 0, 0, 1e14);
        var seconds = number >= LeastMilliseconds ? number / 1000 : number;
        return DateTimeOffset.UnixEpoch.AddTicks((long)(seconds * TimeSpan.TicksPerSecond));
    }

    private static string RawTarget(string url)
    {
        var authority = url.IndexOf("//", StringComparison.Ordinal) + 2;
        var start = url.AsSpan(authority).IndexOfAny('/', '?', '#');
        var target = start < 0 ? "/" : url[(authority + start)..].Split('#')[0];
        return target.StartsWith('/') ? target : "/" + target;
    }

    private static string Shown(string text) => text.Length > 20 ? text[..20] + "…" : text;

    private static HarFile? Fail(string why, out string problem)
    {
        problem = why;
        return null;
    }
}
