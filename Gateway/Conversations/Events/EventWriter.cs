using System.Buffers;
using System.Globalization;
using System.Text;

using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Events;

/// <summary>
/// Makes the bytes of a new event, as V0's Python writes them and in its key order (PROTOCOL.md, "V0 event envelope"). Thread-safe.
/// </summary>
internal sealed class EventWriter(TimeProvider timeProvider)
{
    private static ReadOnlySpan<byte> SourceKey => "\"source\": "u8;

    /// <summary>
    /// The stored form of <paramref name="draft"/> under <paramref name="id"/>, with what delivery has to know of it. Its <c>id</c> and
    /// <c>source</c> are replaced; its <c>timestamp</c> and <c>message</c> count when they are text, and are made otherwise. Unknown
    /// top-level keys are left out.
    /// </summary>
    public StoredEvent Write(int id, EventSource source, JObject draft)
    {
        var made = new Made(
            id,
            NameOf(source),
            draft["timestamp"].AsText() ?? Timestamp(timeProvider.GetLocalNow().DateTime),
            draft["message"].AsText() ?? EventMessages.For(draft),
            draft);
        var json = EncodedJson.Create(made, WriteAll);
        return new StoredEvent(id, json, HeaderOf(made, source, json));
    }

    /// <summary>V0's timestamps: the server's local time without a zone, microseconds unless they are exactly 0.</summary>
    public static string Timestamp(DateTime local) => local.ToString(
        local.Ticks / TimeSpan.TicksPerMicrosecond % 1_000_000 == 0 ? "yyyy-MM-ddTHH:mm:ss" : "yyyy-MM-ddTHH:mm:ss.ffffff",
        CultureInfo.InvariantCulture);

    /// <summary>How events name <paramref name="source"/>.</summary>
    public static string NameOf(EventSource source) => source switch
    {
        EventSource.Agent => "agent",
        EventSource.User => "user",
        EventSource.Environment => "environment",
        _ => throw new ArgumentOutOfRangeException(nameof(source), source, "A new event has a source."),
    };

    /// <summary>Any JSON in V0's style.</summary>
    public static ReadOnlyMemory<byte> Encode(JToken json) => EncodedJson.Create(json, EventJsonWriter.Write);

    private static void WriteAll(Made made, IBufferWriter<byte> output)
    {
        var draft = made.Draft;
        output.Write("{"u8);
        EventJsonWriter.WriteString("id", output);
        output.Write(": "u8);
        EventJsonWriter.Write(new JValue(made.Id), output);
        WriteField(output, "timestamp", made.Timestamp);
        WriteField(output, "source", made.Source);
        WriteField(output, "message", made.Message);
        WriteIfSet(output, draft, "cause");
        if (draft.ContainsKey("action"))
        {
            WriteIfSet(output, draft, "action");
            WriteIfSet(output, draft, "tool_call_metadata");
            WriteIfSet(output, draft, "llm_metrics");
            WriteField(output, "args", draft["args"] ?? new JObject());
            WriteIfSet(output, draft, "timeout");
        }
        else
        {
            WriteIfSet(output, draft, "observation");
            WriteIfSet(output, draft, "tool_call_metadata");
            WriteIfSet(output, draft, "llm_metrics");
            WriteField(output, "content", draft["content"] ?? "");
            WriteField(output, "extras", draft["extras"] ?? new JObject());
            if (SuccessOf(draft) is { } success)
            {
                WriteField(output, "success", success);
            }
        }

        output.Write("}"u8);
    }

    /// <summary>What <see cref="EventScanner"/> would read from the bytes, known without reading them.</summary>
    private static EventHeader HeaderOf(Made made, EventSource source, ReadOnlyMemory<byte> json)
    {
        // No text before it can hold these bytes: within a text the quotes are escaped.
        var value = json.Span.IndexOf(SourceKey) + SourceKey.Length;
        var isAction = made.Draft.ContainsKey("action");
        var type = made.Draft[isAction ? "action" : "observation"].AsText() ?? "";
        var kind = EventKinds.Of(type, isAction);
        return new EventHeader(
            kind,
            source,
            value..(value + made.Source.Length + 2),
            LegacyFields.AreIn(made.Draft, made.Message, kind),
            EventType.Of(Encoding.UTF8.GetBytes(type), isAction));
    }

    /// <summary>V0 tells of two observations whether they succeeded: a command by its exit code, a cell always.</summary>
    private static JToken? SuccessOf(JObject draft) => draft["observation"].AsText() switch
    {
        "run" or "run_ipython" when draft["success"] is { Type: JTokenType.Boolean } given => given,
        "run" => PythonText.Str(draft["extras"]?["metadata"]?["exit_code"]) == "0",
        "run_ipython" => true,
        _ => null,
    };

    private static void WriteIfSet(IBufferWriter<byte> output, JObject draft, string name)
    {
        if (draft[name] is { Type: not JTokenType.Null } value)
        {
            WriteField(output, name, value);
        }
    }

    private static void WriteField(IBufferWriter<byte> output, string name, JToken value)
    {
        output.Write(", "u8);
        EventJsonWriter.WriteString(name, output);
        output.Write(": "u8);
        EventJsonWriter.Write(value, output);
    }

    /// <summary>A draft with all that is made for it, each once: it may be written twice.</summary>
    private sealed record Made(int Id, string Source, string Timestamp, string Message, JObject Draft);
}
