using System.Collections.Concurrent;
using System.Globalization;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.Clients;

/// <summary>
/// Makes a HAR of the DevTools protocol's network events, in the way the browser's own network panel exports one: entries with what the
/// browser knows, WebSockets with <c>_webSocketMessages</c> and without a word on how they ended. Events come from one loop; the export
/// waits for none.
/// </summary>
internal sealed class NetworkPanel
{
    private readonly ConcurrentDictionary<string, Exchange> _exchanges = new();

    // Monotonic times become times of day by the difference that any request shows.
    private double _offset;

    public void Note(string method, JObject parameters)
    {
        if (!method.StartsWith("Network.", StringComparison.Ordinal) || parameters.Value<string>("requestId") is not { } id)
        {
            return;
        }

        var exchange = _exchanges.GetOrAdd(id, static _ => new Exchange());
        var time = parameters.Value<double?>("timestamp") ?? 0;
        if (parameters.Value<double?>("wallTime") is { } wallTime)
        {
            _offset = wallTime - time;
        }

        lock (exchange)
        {
            switch (method["Network.".Length..])
            {
                case "requestWillBeSent":
                    (exchange.Started, exchange.Request) = (time, (JObject?)parameters["request"]);
                    break;
                case "webSocketCreated":
                    exchange.Request = new JObject { ["method"] = "GET", ["url"] = parameters["url"], ["headers"] = new JObject() };
                    exchange.Messages = [];
                    break;
                case "webSocketWillSendHandshakeRequest":
                    exchange.Started = time;
                    exchange.Request?["headers"]?.Replace(parameters["request"]?["headers"] ?? new JObject());
                    break;
                case "responseReceived" or "webSocketHandshakeResponseReceived":
                    exchange.Response = (JObject?)parameters["response"];
                    break;
                case "webSocketFrameSent" or "webSocketFrameReceived":
                    exchange.Messages?.Add(
                        (time, method.EndsWith("Sent", StringComparison.Ordinal), (JObject?)parameters["response"] ?? []));
                    break;
                case "loadingFinished":
                    (exchange.Ended, exchange.HasBody) = (time, true);
                    break;
                case "loadingFailed" or "webSocketClosed":
                    exchange.Ended = time;
                    break;
            }
        }
    }

    public async Task<JObject> ExportAsync(Func<string, Task<JObject>> bodyOf)
    {
        var entries = new JArray();
        foreach (var (id, exchange) in _exchanges
            .Where(static pair => pair.Value.Request is not null)
            .OrderBy(static pair => pair.Value.Started))
        {
            var body = exchange is { HasBody: true, Messages: null } ? await bodyOf(id) : [];
            lock (exchange)
            {
                entries.Add(Entry(exchange, body));
            }
        }

        return new JObject
        {
            ["log"] = new JObject
            {
                ["version"] = "1.2",
                ["creator"] = new JObject { ["name"] = "WebInspector", ["version"] = "537.36" },
                ["pages"] = new JArray(),
                ["entries"] = entries,
            },
        };
    }

    private JObject Entry(Exchange exchange, JObject body)
    {
        var request = exchange.Request ?? [];
        var entry = new JObject
        {
            ["_resourceType"] = exchange.Messages is null ? "xhr" : "websocket",
            ["cache"] = new JObject(),
            ["startedDateTime"] = DateTime.UnixEpoch
                .AddSeconds(exchange.Started + _offset)
                .ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
            ["time"] = Math.Max(0, exchange.Ended - exchange.Started) * 1000,
            ["timings"] = new JObject(),
            ["request"] = new JObject
            {
                ["method"] = request["method"],
                ["url"] = request["url"],
                ["headers"] = Headers(request["headers"]),
                ["postData"] = request["postData"] is { } sent
                    ? new JObject { ["mimeType"] = "text/plain;charset=UTF-8", ["text"] = sent }
                    : null,
            },
            ["response"] = new JObject
            {
                ["status"] = exchange.Response?["status"] ?? 0,
                ["headers"] = Headers(exchange.Response?["headers"]),
                ["content"] = new JObject
                {
                    ["size"] = 0,
                    ["mimeType"] = exchange.Response?["mimeType"] ?? "",
                    ["text"] = body["body"],
                    ["encoding"] = body.Value<bool>("base64Encoded") ? "base64" : null,
                },
            },
        };
        if (exchange.Messages is { } messages)
        {
            entry["_webSocketMessages"] = new JArray(messages.Select(message => new JObject
            {
                ["type"] = message.IsSent ? "send" : "receive",
                ["time"] = message.Time + _offset,
                ["opcode"] = message.Frame["opcode"],
                ["data"] = message.Frame["payloadData"],
            }));
        }

        return entry;
    }

    private static JArray Headers(JToken? headers) =>
        new((headers as JObject ?? [])
            .Properties()
            .Select(static header => new JObject { ["name"] = header.Name, ["value"] = header.Value }));

    private sealed class Exchange
    {
        public double Started { get; set; }

        public double Ended { get; set; }

        public bool HasBody { get; set; }

        public JObject? Request { get; set; }

        public JObject? Response { get; set; }

        public List<(double Time, bool IsSent, JObject Frame)>? Messages { get; set; }
    }
}
