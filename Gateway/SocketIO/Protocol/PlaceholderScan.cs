using System.Text.Json;

namespace Gateway.SocketIO.Protocol;

/// <summary>
/// Checks the placeholders <c>{"_placeholder":true,"num":n}</c> of one binary packet while its tokens pass by: every n is the
/// index of an attachment (CVE-2022-2421: anything else was once taken for a property name). Lives on the stack.
/// </summary>
internal ref struct PlaceholderScan(int attachmentCount, Span<byte> flagsByDepth)
{
    private const byte Marked = 1;
    private const byte InRange = 2;
    private const byte OutOfRange = 4;

    private readonly Span<byte> _flags = flagsByDepth;
    private byte _awaited;

    /// <summary>How many flags the scan needs for JSON of a depth.</summary>
    public static int FlagsFor(int maxDepth) => maxDepth + 2;

    /// <summary>False when the token ends an object that is a placeholder for nothing.</summary>
    public bool Accept(in Utf8JsonReader reader)
    {
        var awaited = _awaited;
        _awaited = 0;
        if (awaited != 0)
        {
            Note(awaited, reader);
        }

        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                _flags[reader.CurrentDepth + 1] = 0;
                return true;

            case JsonTokenType.PropertyName when reader.ValueTextEquals("_placeholder"u8):
                _awaited = Marked;
                return true;

            case JsonTokenType.PropertyName when reader.ValueTextEquals("num"u8):
                _awaited = InRange;
                return true;

            case JsonTokenType.EndObject:
                var flags = _flags[reader.CurrentDepth + 1];
                return (flags & Marked) == 0 || (flags & (InRange | OutOfRange)) == InRange;

            default:
                return true;
        }
    }

    private readonly void Note(byte awaited, in Utf8JsonReader reader)
    {
        // A value's depth is that of its property, also for a value that opens an object.
        ref var flags = ref _flags[reader.CurrentDepth];
        if (awaited == Marked)
        {
            flags |= reader.TokenType == JsonTokenType.True ? Marked : (byte)0;
            return;
        }

        var isIndex = reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var number)
            && number >= 0 && number < attachmentCount;
        flags |= isIndex ? InRange : OutOfRange;
    }
}
