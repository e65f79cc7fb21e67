using System.Globalization;
using System.Text;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Primitives.Har;

/// <summary>
/// Reads a HAR file leniently: what it does not know is passed over, what is missing has a default. A file that is none says why in one
/// line. Pure; it never throws for what the text holds.
/// </summary>
internal static class HarReader
{
    private const int MaxDepth = 128;

    /// <returns>Null when the text is no usable HAR; then <paramref name="problem"/> says why.</returns>
    public static HarFile? Read(TextReader text, out string problem)
    {
        try
        {
            using var reader = new JsonTextReader(text) { DateParseHandling = DateParseHandling.None, MaxDepth = MaxDepth, CloseInput = false };
            return reader.Read() && JToken.ReadFrom(reader) is JObject root ? Read(root, out problem) : Fail("holds no JSON object", out problem);
        }
        catch (JsonReaderException error)
        {
            return Fail($"is cut off or is no JSON (line {error.LineNumber}, position {error.LinePosition})", out problem);
        }
    }

    private static HarFile? Read(JObject root, out string problem)
    {
        if (root["log"] is not JObject log)
        {
            return Fail("is no HAR: it has no \"log\"", out problem);
        }

        var version = Text(log["version"]);
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
        if (request is null || !Uri.TryCreate(Text(request["url"]), UriKind.Absolute, out var url))
        {
            return null;
        }

        var response = entry["response"] as JObject;
        var body = Body(response?["content"] as JObject);

        // The first bytes of gzip, the second of them lost: nothing brings such a text back.
        var isUnreadable = body is ['\u001f', '\ufffd' or '\u008b', ..];
        return new HarEntry
        {
            Index = index,
            Started = Date(entry["startedDateTime"]),
            Duration = TimeSpan.FromMilliseconds(Math.Clamp(Number(entry["time"]), 0, 1e10)),
            Method = Text(request["method"]) ?? "GET",
            Url = url,
            RequestHeaders = Headers(request["headers"]),
            RequestBody = Text((request["postData"] as JObject)?["text"]),
            Status = (int)Math.Clamp(Number(response?["status"]), 0, 999),
            ResponseHeaders = Headers(response?["headers"]),
            ResponseBody = isUnreadable ? null : body,
            HasUnreadableBody = isUnreadable,
            Messages = Messages(entry, url),
            Close = Close(entry["_close"] as JObject),
        };
    }

    private static List<HarMessage>? Messages(JObject entry, Uri url)
    {
        if (entry["_webSocketMessages"] is not JArray messages)
        {
            // A WebSocket over which nothing went has no messages in some exports.
            return url.Scheme is "ws" or "wss" || Text(entry["_resourceType"]) == "websocket" ? [] : null;
        }

        // Without times, the order of the file is all there is.
        var started = Date(entry["startedDateTime"]);
        var read = messages.OfType<JObject>().Select(message => new HarMessage(
            Text(message["type"]) == "send", message["time"] is { } time ? Seconds(time) : started, Number(message["opcode"]) == 2, Text(message["data"]) ?? ""));
        return [.. read.OrderBy(static message => message.Time)];
    }

    private static HarClose? Close(JObject? close) => close is null
        ? null
        : new HarClose(
            Text(close["by"]) == "client",
            (int)Math.Clamp(Number(close["code"]), 0, 65_535),
            Text(close["reason"]) ?? "",
            close["time"] is null ? null : Seconds(close["time"]));

    private static string? Body(JObject? content)
    {
        var text = Text(content?["text"]);
        if (text is null || Text(content?["encoding"]) != "base64")
        {
            return text;
        }

        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length) : text;
    }

    private static List<HarHeader> Headers(JToken? headers) => headers is JArray array
        ? [.. array.OfType<JObject>().Select(static header => new HarHeader(Text(header["name"]) ?? "", Text(header["value"]) ?? ""))]
        : [];

    private static string? Text(JToken? token) => token is JValue { Type: JTokenType.String } value ? (string?)value : null;

    private static double Number(JToken? token)
    {
        var number = token is JValue { Type: JTokenType.Integer or JTokenType.Float } value ? Convert.ToDouble(value.Value, CultureInfo.InvariantCulture) : 0;
        return double.IsFinite(number) ? number : 0;
    }

    private static DateTimeOffset Date(JToken? token) =>
        DateTimeOffset.TryParse(Text(token), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) ? date : DateTimeOffset.UnixEpoch;

    private static DateTimeOffset Seconds(JToken? token) => DateTimeOffset.UnixEpoch.AddTicks((long)(Math.Clamp(Number(token), 0, 1e11) * TimeSpan.TicksPerSecond));

    private static string Shown(string text) => text.Length > 20 ? text[..20] + "…" : text;

    private static HarFile? Fail(string why, out string problem)
    {
        problem = why;
        return null;
    }
}
