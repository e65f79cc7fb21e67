using System.Globalization;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Record;

/// <summary>
/// One HAR entry while it grows: an exchange, or a WebSocket and its messages. Thread-safe; secrets are taken out as they come in.
/// </summary>
internal sealed class RecordingEntry(JObject json, DateTimeOffset started, bool isWebSocket, PacketSecrets secrets)
{
    private readonly Lock _lock = new();
    private readonly List<string> _messages = [];
    private JObject? _close;

    /// <summary>A whole message, as text; of a binary one, its bytes in base64.</summary>
    /// <param name="time">When it came, before it was passed on: what it causes must not seem to have come first.</param>
    public void AddMessage(DateTimeOffset time, bool fromClient, bool isBinary, string data)
    {
        var message = new JObject
        {
            ["type"] = fromClient ? "send" : "receive",
            ["time"] = Seconds(time),
            ["opcode"] = isBinary ? 2 : 1,
            ["data"] = secrets.Redact(isBinary, data),
        };
        var text = message.ToString(Formatting.None);
        lock (_lock)
        {
            _messages.Add(text);
        }
    }

    /// <summary>How the WebSocket ended. The first call counts.</summary>
    public void Close(DateTimeOffset time, bool byClient, int code, string reason)
    {
        lock (_lock)
        {
            _close ??= new JObject
            {
                ["by"] = byClient ? "client" : "server",
                ["code"] = code,
                ["reason"] = secrets.Redact(isBinary: false, reason),
                ["time"] = Seconds(time)
            };
        }
    }

    /// <summary>The answer to an exchange, and when it came.</summary>
    /// <param name="postData">What was sent, where it was not known yet when the entry began.</param>
    public void Complete(JObject response, DateTimeOffset time, JObject? postData = null)
    {
        lock (_lock)
        {
            json["response"] = response;
            if (postData is not null && json["request"] is JObject request)
            {
                request["postData"] = postData;
            }

            json["time"] = Math.Round((time - started).TotalMilliseconds, 3);
        }
    }

    /// <summary>Writes what there is of it by now.</summary>
    public void Write(TextWriter output)
    {
        string text;
        string? close;
        string[] messages;
        lock (_lock)
        {
            // Copied, so that no frame waits for the disk.
            (text, close, messages) = (json.ToString(Formatting.None), _close?.ToString(Formatting.None), [.. _messages]);
        }

        if (!isWebSocket)
        {
            output.Write(text);
            return;
        }

        output.Write(text.AsSpan(0, text.Length - 1));
        if (close is not null)
        {
            output.Write(",\"_close\":");
            output.Write(close);
        }

        output.Write(",\"_webSocketMessages\":[");
        for (var i = 0; i < messages.Length; i++)
        {
            output.Write(i == 0 ? "\n" : ",\n");
            output.Write(messages[i]);
        }

        output.Write("]}");
    }

    private static double Seconds(DateTimeOffset time) => Math.Round((time - DateTimeOffset.UnixEpoch).TotalSeconds, 6);

    public static string Date(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
