using System.Globalization;

using Gateway.Primitives.Json;
using Gateway.Tools.Har;
using Gateway.Tools.Verify;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Corpus;

/// <summary>
/// Masks all files of a fixture: addresses, headers, bodies and messages of its HAR, what <c>fixture.json</c> says, and its stores with the
/// names of their folders. One caller at a time.
/// </summary>
internal sealed class FixtureMask(TextMask texts)
{
    private const string InTheStore = "in the store now: ";

    // They say what a program or a server is, or how a body is written.
    private static readonly string[] s_keptHeaders =
    [
        "user-agent", "content-type", "content-length", "connection", "upgrade", "accept", "accept-encoding", "accept-language", "date",
        "server", "last-modified", "if-modified-since", "cache-control", "pragma", "expires", "vary", "allow",
        "transfer-encoding", "range", "content-range", "accept-ranges", "content-encoding", "sec-websocket-key", "sec-websocket-version",
        "sec-websocket-accept", "sec-websocket-extensions",
    ];

    private readonly JsonMask _json = new(texts);

    /// <summary>
    /// Writes the masked fixture into an empty folder. Files of a store that are no JSON are left out: nothing reads them here.
    /// </summary>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public void Write(Fixture fixture, string folder)
    {
        Directory.CreateDirectory(folder);
        var from = CorpusFiles.FolderOf(fixture);
        foreach (var file in CorpusFiles.Of(fixture))
        {
            if (file == fixture.HarPath)
            {
                File.WriteAllText(Path.Combine(folder, HarFile.FixtureName), Har(File.ReadAllText(file)));
            }
            else if (Path.GetFileName(file) == "fixture.json" && Path.GetDirectoryName(file) == from)
            {
                File.WriteAllText(Path.Combine(folder, "fixture.json"), Info(File.ReadAllText(file)));
            }
            else if (file.EndsWith(".json", StringComparison.Ordinal))
            {
                // The store's own name says when it was copied.
                var parts = Path.GetRelativePath(from, file).Split(Path.DirectorySeparatorChar, 2);
                var path = Path.Combine(folder, parts[0], texts.Mask(parts[1]));
                Directory.CreateDirectory(Path.GetDirectoryName(path) ?? folder);
                File.WriteAllText(path, _json.Mask(File.ReadAllText(file)));
            }
        }
    }

    private string Har(string text)
    {
        if (JsonTree.ReadOrNull(text) is not JObject har)
        {
            throw new IOException("the HAR cannot be read again");
        }

        foreach (var entry in har.Object("log").Objects("entries"))
        {
            Entry(entry);
        }

        foreach (var page in har.Object("log").Objects("pages"))
        {
            Text(page, "title", Address);
        }

        return har.ToString(Formatting.None);
    }

    private void Entry(JObject entry)
    {
        var request = entry.Object("request");
        Text(request, "url", Address);
        var sent = request.Object("postData");
        Text(sent, "text", MultipartMask.BoundaryOf(sent.Text("mimeType")) is { } boundary
            ? text => new MultipartMask(texts, _json).Mask(text, boundary)
            : Body);
        Content(entry.Object("response").Object("content"));
        foreach (var message in (request.Member("queryString") as JArray ?? []).OfType<JObject>())
        {
            Text(message, "value", value => Value(message.Text("name"), value));
        }

        foreach (var headers in new[] { request, entry.Object("response") }.SelectMany(static side => side.Objects("headers")))
        {
            Header(headers);
        }

        foreach (var side in new[] { request, entry.Object("response") })
        {
            (side.Member("cookies") as JArray)?.Clear();
            (side.Object("postData").Member("params") as JArray)?.Clear();
        }

        foreach (var message in entry.Objects("_webSocketMessages"))
        {
            Text(message, "data", message.Number("opcode") == 2 ? JsonMask.Bytes : Frame);
        }
    }

    private void Header(JObject header)
    {
        var name = header.Text("name");
        if (!s_keptHeaders.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            Text(header, "value", name.ToLowerInvariant() switch
            {
                "origin" or "referer" or "location" or "host" => Address,
                "etag" or "if-none-match" or "if-match" or "if-range" => Validator,
                _ => texts.Mask,
            });
        }
    }

    // What stands before the quotes says how strong it is. A time may stand there instead.
    private string Validator(string text) => text.Contains('"', StringComparison.Ordinal)
        ? string.Join('"', text.Split('"').Select((part, index) => index % 2 == 0 ? part : texts.Mask(part)))
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out _) ? text : texts.Mask(text);

    // Bytes that are no text (a zip, a picture) cannot be masked: they are left out as a recorder leaves out what is too large.
    private void Content(JObject? content)
    {
        if (content is not null && content.Text("encoding") == "base64")
        {
            content.Remove("encoding");
            content["text"] = "";
            content["comment"] = "left out";
        }

        Text(content, "text", Body);
    }

    // A polling body holds several packets.
    private string Body(string text) => text.Contains('\u001e', StringComparison.Ordinal) || IsFrame(text)
        ? string.Join('\u001e', text.Split('\u001e').Select(Frame))
        : _json.Mask(text);

    private static bool IsFrame(string text) =>
        text is [>= '0' and <= '6', ..] && (text.Length == 1 || text[1] is '{' or (>= '0' and <= '9'));

    private string Frame(string text)
    {
        if (text is ['b', ..])
        {
            return $"b{JsonMask.Bytes(text[1..])}";
        }

        var start = text.AsSpan().IndexOfAny("[{\"");
        return start >= 0 ? Head(text[..start]) + _json.Mask(text[start..])
            : text is "2probe" or "3probe" || text.All(char.IsAsciiDigit) ? text
            : texts.Mask(text);
    }

    // A namespace stands between the packet's type and a comma.
    private string Head(string head) => head.IndexOf('/', StringComparison.Ordinal) is >= 0 and var from
        && head.IndexOf(',', from) is >= 0 and var to
        ? head[..from] + texts.Mask(head[from..to]) + head[to..]
        : head;

    // The names in a query are the protocol's.
    private string Address(string text)
    {
        var parts = text.Split('?', 2);
        return parts.Length == 1 ? Part(text) : $"{Part(parts[0])}?{string.Join('&', parts[1].Split('&').Select(Parameter))}";
    }

    private string Parameter(string pair) => pair.Split('=', 2) is [var name, var value] ? $"{name}={Value(name, value)}" : pair;

    private string Value(string name, string value) => name == "page_id" && PageId.IsOfNumbers(value) ? value : Part(value);

    // Signs of other scripts stand escaped in a segment of an address; what comes of them is escaped again.
    private string Part(string text) => string.Join('/', text.Split('/').Select(Segment));

    private string Segment(string text) =>
        !text.Contains('%', StringComparison.Ordinal) || Uri.UnescapeDataString(text) is var plain && Ascii(plain)
            ? texts.Mask(text)
            : Uri.EscapeDataString(texts.Mask(Uri.UnescapeDataString(text)));

    private static bool Ascii(string text) => text.All(char.IsAscii);

    // What a server is, and what verify acts on, stays; shell commands cannot be masked, and are left out.
    private string Info(string text)
    {
        if (JsonTree.ReadOrNull(text) is not JObject info)
        {
            return "{}";
        }

        info.Remove("workspace");
        foreach (var property in info.Properties().Where(static property => property.Name is not ("server" or "ignore" or "unordered")))
        {
            foreach (var value in Values(property.Value))
            {
                var (said, name) = (value.AsText() ?? "", (value.Parent as JProperty)?.Name);
                value.Value = name == "at" ? said
                    : said.StartsWith(InTheStore, StringComparison.Ordinal) ? InTheStore + texts.Mask(said[InTheStore.Length..])
                    : _json.Mask(said);
            }
        }

        return info.ToString(Formatting.Indented);
    }

    private static List<JValue> Values(JToken token) =>
    [
        .. (token is JContainer container ? container.DescendantsAndSelf() : [token])
            .OfType<JValue>()
            .Where(static value => value.Type == JTokenType.String),
    ];

    private static void Text(JToken? owner, string name, Func<string, string> mask)
    {
        if (owner is JObject json && json.TextOrNull(name) is { } text)
        {
            json[name] = mask(text);
        }
    }
}
