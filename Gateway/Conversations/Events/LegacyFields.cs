using System.Text;

namespace Gateway.Conversations.Events;

/// <summary>
/// Whether the <c>args</c> or <c>extras</c> of an event hold a field of an older V0 that <see cref="LegacyRewriter"/> must put right
/// (facts A.6). Looks at the keys of that object alone, not deeper. Pure.
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
