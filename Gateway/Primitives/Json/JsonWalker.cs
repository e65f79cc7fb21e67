using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Gateway.Primitives.Json;

/// <summary>
/// Walks JSON text (RFC 8259) by position, checking every byte of structure, strings, numbers and literals, and building nothing. It
/// does not check UTF-8: the caller does, once for the whole text. A ref struct over the caller's bytes; pure.
/// </summary>
internal ref struct JsonWalker(ReadOnlySpan<byte> json)
{
    /// <summary>Deeper nesting is refused: V0's Python gives up at about this depth, and some clients do too.</summary>
    public const int MaxDepth = 1_000;

    private const int DepthWords = (MaxDepth + 63) / 64;
    private const int Broken = -1;

    private readonly ReadOnlySpan<byte> _json = json;
    private int _position;

    public readonly int Position => _position;

    /// <summary>The nesting was deeper than <see cref="MaxDepth"/>: the reason of the last failure.</summary>
    public bool TooDeep { get; private set; }

    /// <summary>The next byte that is not white space, or 0 at the end.</summary>
    public byte Peek()
    {
        _position = SkipSpace(_json, _position);
        return At(_json, _position);
    }

    /// <summary>Takes <paramref name="expected"/> when it is the next byte after white space.</summary>
    public bool Take(byte expected)
    {
        var isNext = Peek() == expected;
        _position += isNext ? 1 : 0;
        return isNext;
    }

    /// <summary>
    /// string: <c>'"' *( unescaped / escape ) '"'</c>. <paramref name="text"/> is what stands between the quotes, still escaped.
    /// </summary>
    public bool TryString(out ReadOnlySpan<byte> text, out bool escaped)
    {
        text = default;
        escaped = false;
        if (!Take((byte)'"'))
        {
            return false;
        }

        var start = _position;
        var end = SkipString(_json, start, ref escaped);
        if (end < 0)
        {
            return false;
        }

        _position = end;
        text = _json[start..(end - 1)];
        return true;
    }

    /// <summary>Any value, with all that is in it.</summary>
    public bool TrySkipValue()
    {
        var at = Peek() is (byte)'{' or (byte)'[' ? SkipNested(_position) : SkipScalar(_json, _position);
        _position = Math.Max(at, _position);
        return at >= 0;
    }

    private int SkipNested(int at)
    {
        // Bit n tells whether level n is an object. No recursion: the nesting is the input's choice.
        Span<ulong> isObject = stackalloc ulong[DepthWords];
        var json = _json;
        var depth = 0;
        while (true)
        {
            var opening = At(json, at);
            if (opening is (byte)'{' or (byte)'[')
            {
                if (depth == MaxDepth)
                {
                    TooDeep = true;
                    return Broken;
                }

                var inObject = opening == '{';
                var bit = 1UL << depth;
                ref var word = ref isObject[depth >> 6];
                word = inObject ? word | bit : word & ~bit;
                depth++;
                at = SkipSpace(json, at + 1);

                // '{' and '[' stand two places before their closing counterparts.
                if (At(json, at) != opening + 2)
                {
                    at = inObject ? SkipKey(json, at) : at;
                    if (at < 0)
                    {
                        return Broken;
                    }

                    continue;
                }
            }
            else
            {
                at = SkipScalar(json, at);
                if (at < 0)
                {
                    return Broken;
                }
            }

            at = AfterValue(json, at, isObject, ref depth);
            if (at < 0 || depth == 0)
            {
                return at;
            }
        }
    }

    /// <summary>After a value: to the next value of the level, closing levels that end here. At depth 0 all is closed.</summary>
    private static int AfterValue(ReadOnlySpan<byte> json, int at, scoped ReadOnlySpan<ulong> isObject, ref int depth)
    {
        while (true)
        {
            at = SkipSpace(json, at);
            var inObject = (isObject[(depth - 1) >> 6] >> (depth - 1) & 1) != 0;
            var next = At(json, at);
            if (next == ',')
            {
                at = SkipSpace(json, at + 1);
                return inObject ? SkipKey(json, at) : at;
            }

            if (next != (inObject ? '}' : ']'))
            {
                return Broken;
            }

            at++;
            if (--depth == 0)
            {
                return at;
            }
        }
    }

    /// <summary>A key and its colon, and the space after it.</summary>
    private static int SkipKey(ReadOnlySpan<byte> json, int at)
    {
        if (At(json, at) != '"')
        {
            return Broken;
        }

        var escaped = false;
        at = SkipString(json, at + 1, ref escaped);
        if (at < 0)
        {
            return Broken;
        }

        at = SkipSpace(json, at);
        return At(json, at) == ':' ? SkipSpace(json, at + 1) : Broken;
    }

    /// <summary>A string, number, <c>true</c>, <c>false</c> or <c>null</c>.</summary>
    private static int SkipScalar(ReadOnlySpan<byte> json, int at)
    {
        switch (At(json, at))
        {
            case (byte)'"':
                var escaped = false;
                return SkipString(json, at + 1, ref escaped);
            case (byte)'t':
                return SkipLiteral(json, at, "true"u8);
            case (byte)'f':
                return SkipLiteral(json, at, "false"u8);
            case (byte)'n':
                return SkipLiteral(json, at, "null"u8);
            default:
                return SkipNumber(json, at);
        }
    }

    private static int SkipLiteral(ReadOnlySpan<byte> json, int at, ReadOnlySpan<byte> literal) =>
        json[at..].StartsWith(literal) ? at + literal.Length : Broken;

    /// <summary>number: <c>[ "-" ] int [ "." 1*DIGIT ] [ ("e"/"E") [ "+"/"-" ] 1*DIGIT ]</c>; a leading zero stands alone.</summary>
    private static int SkipNumber(ReadOnlySpan<byte> json, int at)
    {
        at += At(json, at) == '-' ? 1 : 0;
        var first = At(json, at);
        var end = SkipDigits(json, at);
        if (end == at || (first == '0' && end > at + 1))
        {
            return Broken;
        }

        at = end;
        if (At(json, at) == '.')
        {
            end = SkipDigits(json, at + 1);
            if (end == at + 1)
            {
                return Broken;
            }

            at = end;
        }

        if ((At(json, at) | 0x20) == 'e')
        {
            at += At(json, at + 1) is (byte)'+' or (byte)'-' ? 2 : 1;
            end = SkipDigits(json, at);
            if (end == at)
            {
                return Broken;
            }

            at = end;
        }

        return at;
    }

    private static int SkipDigits(ReadOnlySpan<byte> json, int at)
    {
        while ((uint)(At(json, at) - '0') <= 9)
        {
            at++;
        }

        return at;
    }

    /// <summary>
    /// From after the opening quote to after the closing one. Most strings are short keys: what <c>IndexOfAny</c> does before it starts
    /// costs more than this whole loop. Runs of escapes are common (V0 writes every character above ASCII as one): a block of bytes is
    /// compared once, however many of them it has.
    /// </summary>
    private static int SkipString(ReadOnlySpan<byte> json, int at, ref bool escaped)
    {
        ref var start = ref MemoryMarshal.GetReference(json);
        while (at <= json.Length - Vector256<byte>.Count)
        {
            var stops = FindStops(Vector256.LoadUnsafe(ref start, (nuint)at));
            var next = Vector256<byte>.Count;
            while (stops != 0)
            {
                var stop = BitOperations.TrailingZeroCount(stops);
                var length = EscapeLength(json, at + stop);
                if (length == 0)
                {
                    return AfterQuote(json, at + stop);
                }

                escaped = true;
                next = stop + length;
                if (next >= Vector256<byte>.Count)
                {
                    break;
                }

                // What belongs to the escape is behind; in a block without a further stop all is.
                stops &= uint.MaxValue << next;
                next = Vector256<byte>.Count;
            }

            at += next;
        }

        while ((uint)at < (uint)json.Length && json[at] is not ((byte)'"' or < (byte)' '))
        {
            var length = json[at] == '\\' ? EscapeLength(json, at) : 1;
            if (length == 0)
            {
                return Broken;
            }

            escaped |= length > 1;
            at += length;
        }

        return AfterQuote(json, at);
    }

    /// <summary>Where the string has ended; anything but a quote (the end, a control character, half an escape) is not JSON.</summary>
    private static int AfterQuote(ReadOnlySpan<byte> json, int at) => At(json, at) == '"' ? at + 1 : Broken;

    /// <summary>A bit for each quote, backslash and control character.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint FindStops(Vector256<byte> block) =>
        (Vector256.Equals(block, Vector256.Create((byte)'"'))
            | Vector256.Equals(block, Vector256.Create((byte)'\\'))
            | Vector256.LessThan(block, Vector256.Create((byte)' '))).ExtractMostSignificantBits();

    /// <summary>The length of the escape at <paramref name="at"/>; 0 when there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int EscapeLength(ReadOnlySpan<byte> json, int at)
    {
        if (json[at] != '\\')
        {
            return 0;
        }

        return At(json, at + 1) switch
        {
            (byte)'n' or (byte)'"' or (byte)'\\' or (byte)'/' or (byte)'b' or (byte)'f' or (byte)'r' or (byte)'t' => 2,
            (byte)'u' when at + 6 <= json.Length && IsHex(json.Slice(at + 2, 4)) => 6,
            _ => 0,
        };
    }

    /// <summary>Four hexadecimal digits: all compared at once, each in the high bit of its byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsHex(ReadOnlySpan<byte> four)
    {
        const uint High = 0x80808080;
        var bytes = BinaryPrimitives.ReadUInt32LittleEndian(four);
        var low = bytes & ~High;
        var letter = low | 0x20202020;
        var isDigit = (low + (High - 0x30303030)) & ((High | 0x39393939) - low);
        var isLetter = (letter + (High - 0x61616161)) & ((High | 0x66666666) - letter);
        return ((isDigit | isLetter) & ~bytes & High) == High;
    }

    /// <summary>The byte there, or 0 (which no JSON holds) past the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte At(ReadOnlySpan<byte> json, int at) => (uint)at < (uint)json.Length ? json[at] : (byte)0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int SkipSpace(ReadOnlySpan<byte> json, int at)
    {
        while (At(json, at) is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            at++;
        }

        return at;
    }
}
