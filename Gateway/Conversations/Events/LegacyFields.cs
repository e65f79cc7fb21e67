using System.Text;

using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Conversations.Events;

/// <summary>
/// Whether the <c>args</c> or <c>extras</c> of an event hold a field of an older V0 that <see cref="LegacyRewriter"/> must put right
/// (PROTOCOL.md, "V0 legacy fields"). Looks at the keys of that object alone, not deeper. Pure.
/// </summary>
/// <remarks>
/// <c>task_completed</c> is not among them: V0 0.40 sends it (recordings v0-0.40) and no client minds it.
/// </remarks>
internal readonly record struct LegacyFields(bool Found, bool HasMetadata)
{
    /// <summary>Scans the value at the walker's position. False when it is not JSON.</summary>
    public static bool TryScan(scoped ref JsonWalker walker, ReadOnlySpan<byte> json, bool isArgs, out LegacyFields fields)
    {
        fields = default;
        if (walker.Peek() != '{')
        {
            return walker.TrySkipValue();
        }

        walker.Take((byte)'{');
        if (walker.Take((byte)'}'))
        {
            return true;
        }

        do
        {
            if (!walker.TryString(out var key, out var escaped) || !walker.Take((byte)':'))
            {
                return false;
            }

            walker.Peek();
            var from = walker.Position;
            if (!walker.TrySkipValue())
            {
                return false;
            }

            if (escaped)
            {
                key = Encoding.UTF8.GetBytes(JsonStringText.Decode(key));
            }

            var value = json[from..walker.Position];
            fields = isArgs
                ? fields with { Found = fields.Found || IsLegacyArgument(key, value) }
                : new LegacyFields(fields.Found || IsLegacyExtra(key), fields.HasMetadata || IsMetadata(key, value));
        }
        while (walker.Take((byte)','));

        return walker.Take((byte)'}');
    }

    /// <summary>
    /// As for the bytes of an event that is being written: whether V0, and so a client, would see <paramref name="draft"/> otherwise than
    /// it stands there.
    /// </summary>
    public static bool AreIn(JObject draft, string message, EventKind kind)
    {
        if (draft.ContainsKey("action"))
        {
            return (kind == EventKind.ChangeAgentStateAction
                && message.StartsWith(LegacyRewriter.StoredStatePrefixText, StringComparison.Ordinal))
                || AreIn(draft["args"], isArgs: true);
        }

        return AreIn(draft["extras"], isArgs: false)
            || (kind == EventKind.RunObservation && draft["extras"].Object("metadata") is null);
    }

    private static bool AreIn(JToken? fields, bool isArgs)
    {
        // No legacy field has a longer name.
        Span<byte> buffer = stackalloc byte[32];
        foreach (var (name, value) in fields as JObject ?? [])
        {
            if (!Encoding.UTF8.TryGetBytes(name, buffer, out var length))
            {
                continue;
            }

            var key = buffer[..length];
            var isLegacy = isArgs
                ? IsLegacyArgument(key, name == "security_risk" ? EventWriter.Encode(value ?? JValue.CreateNull()).Span : default)
                : IsLegacyExtra(key);
            if (isLegacy)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsLegacyArgument(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => key.Length switch
    {
        9 => key.SequenceEqual("timestamp"u8),
        11 => key.SequenceEqual("images_urls"u8) || key.SequenceEqual("keep_prompt"u8),
        12 => key.SequenceEqual("is_confirmed"u8),
        13 => key.SequenceEqual("security_risk"u8) && !IsRisk(value),
        23 => key.SequenceEqual("translated_ipython_code"u8),
        _ => false,
    };

    private static bool IsLegacyExtra(ReadOnlySpan<byte> key) => key.Length switch
    {
        9 => key.SequenceEqual("exit_code"u8),
        10 => key.SequenceEqual("command_id"u8),
        26 => key.SequenceEqual("formatted_output_and_error"u8),
        _ => false,
    };

    private static bool IsMetadata(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) =>
        key.Length == 8 && value[0] == '{' && key.SequenceEqual("metadata"u8);

    private static bool IsRisk(ReadOnlySpan<byte> value) =>
        value.SequenceEqual("-1"u8) || value.SequenceEqual("0"u8) || value.SequenceEqual("1"u8) || value.SequenceEqual("2"u8)
        || value.SequenceEqual("null"u8);
}
