using System.Buffers;

namespace Gateway.Conversations.Events;

/// <summary>
/// Walks JSON text (RFC 8259) by position, checking every byte of structure, strings, numbers and literals, and building nothing.
/// Twice as fast as a <c>Utf8JsonReader</c> loop over V0's events. It does not check UTF-8: the caller does, once for the whole text.
/// A ref struct over the caller's bytes; pure.
/// </summary>
internal ref struct JsonWalker(ReadOnlySpan<byte> json, int position = 0)
{
    /// <summary>Deeper nesting is refused: V0's Python gives up at about this depth, and some clients do too.</summary>
    public const int MaxDepth = 1_000;

    private const int DepthWords = (MaxDepth + 63) / 64;

    private static readonly SearchValues<byte> StringStops =
        SearchValues.Create([(byte)'"', (byte)'\\', .. Enumerable.Range(0, 0x20).Select(static code => (byte)code)]);

    private readonly ReadOnlySpan<byte> _json = json;

    public int Position { get; private set; } = position;

    /// <summary>The nesting was deeper than <see cref="MaxDepth"/>: the reason of the last failure.</summary>
    public bool TooDeep { get; private set; }

    /// <summary>The next byte that is not white space, or 0 at the end.</summary>
    public byte Peek()
    {
        var json = _json;
        var at = Position;
        while ((uint)at < (uint)json.Length && json[at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            at++;
        }

        Position = at;
        return (uint)at < (uint)json.Length ? json[at] : (byte)0;
    }

    /// <summary>Takes <paramref name="expected"/> when it is the next byte after white space.</summary>
    public bool Take(byte expected)
    {
        if (Peek() != expected || Position >= _json.Length)
        {
            return false;
        }

        Position++;
        return true;
    }

    /// <summary>string: <c>'"' *( unescaped / escape ) '"'</c>. <paramref name="text"/> is what stands between the quotes, still escaped.</summary>
    public bool TryString(out ReadOnlySpan<byte> text, out bool escaped)
    {
        text = default;
        escaped = false;
        if (!Take((byte)'"'))
        {
            return false;
        }

        var start = Position;
        if (!SkipStringBody(ref escaped))
        {
            return false;
        }

        text = _json[start..(Position - 1)];
        return true;
    }

    /// <summary>Any value, with all that is in it.</summary>
    public bool TrySkipValue() => Peek() is (byte)'{' or (byte)'[' ? TrySkipNested() : TrySkipScalar();

    private bool TrySkipNested()
    {
        // Bit n tells whether level n is an object. No recursion: the nesting is the input's choice.
        Span<ulong> isObject = stackalloc ulong[DepthWords];
        var depth = 0;
        while (true)
        {
            switch (Peek())
            {
                case (byte)'{':
                    Position++;
                    if (Take((byte)'}'))
                    {
                        break;
                    }

                    if (!Enter(isObject, ref depth, true) || !TryKey())
                    {
                        return false;
                    }

                    continue;
                case (byte)'[':
                    Position++;
                    if (Take((byte)']'))
                    {
                        break;
                    }

                    if (!Enter(isObject, ref depth, false))
                    {
                        return false;
                    }

                    continue;
                default:
                    if (!TrySkipScalar())
                    {
                        return false;
                    }

                    break;
            }

            if (!TryAfterValue(isObject, ref depth, out var done))
            {
                return false;
            }

            if (done)
            {
                return true;
            }
        }
    }

    /// <summary>A string, number, <c>true</c>, <c>false</c> or <c>null</c>.</summary>
    private bool TrySkipScalar()
    {
        switch (Peek())
        {
            case (byte)'"':
                Position++;
                var escaped = false;
                return SkipStringBody(ref escaped);
            case (byte)'t':
                return TryLiteral("true"u8);
            case (byte)'f':
                return TryLiteral("false"u8);
            case (byte)'n':
                return TryLiteral("null"u8);
            default:
                return TryNumber();
        }
    }

    /// <summary>After a value: closes levels, or goes on to the next value of the level. <paramref name="done"/> when no level is left.</summary>
    private bool TryAfterValue(scoped Span<ulong> isObject, ref int depth, out bool done)
    {
        done = false;
        while (depth > 0)
        {
            var inObject = (isObject[(depth - 1) >> 6] >> (depth - 1) & 1) != 0;
            if (Take((byte)','))
            {
                return !inObject || TryKey();
            }

            if (!Take(inObject ? (byte)'}' : (byte)']'))
            {
                return false;
            }

            depth--;
        }

        done = true;
        return true;
    }

    private bool Enter(scoped Span<ulong> isObject, ref int depth, bool objectLevel)
    {
        if (depth >= MaxDepth)
        {
            TooDeep = true;
            return false;
        }

        var bit = 1UL << depth;
        ref var word = ref isObject[depth >> 6];
        word = objectLevel ? word | bit : word & ~bit;
        depth++;
        return true;
    }

    private bool TryKey()
    {
        if (!Take((byte)'"'))
        {
            return false;
        }

        var escaped = false;
        return SkipStringBody(ref escaped) && Take((byte)':');
    }

    private bool TryLiteral(ReadOnlySpan<byte> literal)
    {
        if (!_json[Position..].StartsWith(literal))
        {
            return false;
        }

        Position += literal.Length;
        return true;
    }

    /// <summary>number: <c>[ "-" ] int [ "." 1*DIGIT ] [ ("e"/"E") [ "+"/"-" ] 1*DIGIT ]</c>; a leading zero stands alone.</summary>
    private bool TryNumber()
    {
        var json = _json;
        var at = Position;
        if ((uint)at < (uint)json.Length && json[at] == '-')
        {
            at++;
        }

        var zero = (uint)at < (uint)json.Length && json[at] == '0';
        var digits = CountDigits(json, at);
        if (digits == 0 || (zero && digits > 1))
        {
            return false;
        }

        at += digits;
        if ((uint)at < (uint)json.Length && json[at] == '.')
        {
            digits = CountDigits(json, at + 1);
            if (digits == 0)
            {
                return false;
            }

            at += digits + 1;
        }

        if ((uint)at < (uint)json.Length && (json[at] | 0x20) == 'e')
        {
            at++;
            if ((uint)at < (uint)json.Length && json[at] is (byte)'+' or (byte)'-')
            {
                at++;
            }

            digits = CountDigits(json, at);
            if (digits == 0)
            {
                return false;
            }

            at += digits;
        }

        Position = at;
        return true;
    }

    private static int CountDigits(ReadOnlySpan<byte> json, int at)
    {
        var start = at;
        while ((uint)at < (uint)json.Length && (uint)(json[at] - '0') <= 9)
        {
            at++;
        }

        return at - start;
    }

    /// <summary>From after the opening quote to after the closing one.</summary>
    private bool SkipStringBody(ref bool escaped)
    {
        var json = _json;
        var at = Position;
        while (true)
        {
            var stop = json[at..].IndexOfAny(StringStops);
            if (stop < 0)
            {
                return false;
            }

            at += stop;
            if (json[at] == '"')
            {
                Position = at + 1;
                return true;
            }

            // Runs of escapes are common (V0 writes every character above ASCII as one): no new search between them.
            escaped = true;
            do
            {
                var length = EscapeLength(json, at);
                if (length == 0)
                {
                    return false;
                }

                at += length;
            }
            while ((uint)at < (uint)json.Length && json[at] == '\\');
        }
    }

    /// <summary>The length of the escape at <paramref name="at"/>; 0 when it is none.</summary>
    private static int EscapeLength(ReadOnlySpan<byte> json, int at)
    {
        // What stopped the search and is no backslash is a control character, which must be escaped.
        if (at + 1 >= json.Length || json[at] != '\\')
        {
            return 0;
        }

        return json[at + 1] switch
        {
            (byte)'"' or (byte)'\\' or (byte)'/' or (byte)'b' or (byte)'f' or (byte)'n' or (byte)'r' or (byte)'t' => 2,
            (byte)'u' when at + 6 <= json.Length && AreHex(json.Slice(at + 2, 4)) => 6,
            _ => 0,
        };
    }

    private static bool AreHex(ReadOnlySpan<byte> four) =>
        char.IsAsciiHexDigit((char)four[0]) && char.IsAsciiHexDigit((char)four[1])
        && char.IsAsciiHexDigit((char)four[2]) && char.IsAsciiHexDigit((char)four[3]);
}
