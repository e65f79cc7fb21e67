using System.Buffers;
using System.Globalization;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Events;

/// <summary>
/// Makes the bytes of a new event, as V0's Python writes them and in its key order (facts A.1). Thread-safe.
/// </summary>
internal sealed class EventWriter(TimeProvider timeProvider)
{
    /// <summary>
    /// The stored form of <paramref name="draft"/> under <paramref name="id"/>. Its <c>id</c> and <c>source</c> are replaced; its
    /// <c>timestamp</c> and <c>message</c> count when they are text, and are made otherwise. Unknown top-level keys are left out.
    /// </summary>
    public byte[] Write(int id, EventSource source, JObject draft)
    {
        var output = new ArrayBufferWriter<byte>(1_024);
        output.Write("{"u8);
        EventJsonWriter.WriteString("id", output);
        output.Write(": "u8);
        EventJsonWriter.Write(new JValue(id), output);
        WriteField(output, "timestamp", TextOf(draft["timestamp"]) ?? Timestamp(timeProvider.GetLocalNow().DateTime));
        WriteField(output, "source", NameOf(source));
        WriteField(output, "message", TextOf(draft["message"]) ?? EventMessages.For(draft));
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
        return output.WrittenSpan.ToArray();
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
    public static byte[] Encode(JToken json)
    {
        var output = new ArrayBufferWriter<byte>(1_024);
        EventJsonWriter.Write(json, output);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>V0 tells of two observations whether they succeeded: a command by its exit code, a cell always.</summary>
    private static JToken? SuccessOf(JObject draft) => TextOf(draft["observation"]) switch
    {
        "run" or "run_ipython" when draft["success"] is { Type: JTokenType.Boolean } given => given,
        "run" => PythonText.Str(draft["extras"]?["metadata"]?["exit_code"]) == "0",
        "run_ipython" => true,
        _ => null,
    };

    private static void WriteIfSet(ArrayBufferWriter<byte> output, JObject draft, string name)
    {
        if (draft[name] is { Type: not JTokenType.Null } value)
        {
            WriteField(output, name, value);
        }
    }

    private static void WriteField(ArrayBufferWriter<byte> output, string name, JToken value)
    {
        output.Write(", "u8);
        EventJsonWriter.WriteString(name, output);
        output.Write(": "u8);
        EventJsonWriter.Write(value, output);
    }

    private static string? TextOf(JToken? value) => value is JValue { Type: JTokenType.String } text ? (string?)text : null;
}
