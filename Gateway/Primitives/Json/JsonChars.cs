using System.Buffers;

namespace Gateway.Primitives.Json;

/// <summary>Sets of characters that JSON texts are made of. Immutable.</summary>
internal static class JsonChars
{
    /// <summary>
    /// ASCII that stands in a JSON text as it is. A set and not a range: looking for what is outside a range takes memory for each call
    /// until its code is compiled again.
    /// </summary>
    public static SearchValues<char> Plain { get; } =
        SearchValues.Create(" !#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~");
}
