using System.Text;
using System.Text.Json;

using Gateway.Primitives.Json;

namespace Gateway.Tests.Primitives.Json;

/// <summary>Strings, at every place of the blocks of bytes that are compared at once, beside another reader.</summary>
public sealed class JsonWalkerTests
{
    // More than two blocks.
    private const int Offsets = 70;

    private static readonly string[] s_pieces =
    [
        "", "a", "\\n", "\\\\", "\\\"", "\\/", "\\b\\f\\r\\t", "\\u00e9", "\\uD83D\\udE00", "\\u6d4b\\u8bd5\\n", "\\\\\\\"\\\\n", "\"", "\n", "\u0001",
        "\\", "\\x", "\\u", "\\u12", "\\u123", "\\u123g", "\\U1234", "\\\\\\", "\\u00e9\\",
    ];

    [Fact]
    public void TryString_AnyPieceAnywhere_IsReadAsAnotherReaderDoes()
    {
        for (var before = 0; before < Offsets; before++)
        {
            foreach (var piece in s_pieces)
            {
                foreach (var after in new[] { 0, 1, 40 })
                {
                    Check(Encoding.UTF8.GetBytes($"\"{new string('x', before)}{piece}{new string('y', after)}\""));
                    Check(Encoding.UTF8.GetBytes($"\"{new string('x', before)}{piece}{new string('y', after)}"));
                }
            }
        }
    }

    [Fact]
    public void TryString_AnyByteForADigit_IsReadAsAnotherReaderDoes()
    {
        for (var value = 0; value < 256; value++)
        {
            for (var digit = 0; digit < 4; digit++)
            {
                foreach (var before in new[] { 0, 20, 27, 31 })
                {
                    var json = Encoding.UTF8.GetBytes($"\"{new string('x', before)}\\u0aF9{new string('y', 40)}\"");
                    json[before + 3 + digit] = (byte)value;
                    Check(json);
                }
            }
        }
    }

    private static void Check(byte[] json)
    {
        var walker = new JsonWalker(json);
        var isString = walker.TryString(out var text, out var escaped);

        var expected = Expected(json);
        isString.Should().Be(expected is not null, "of {0}", Encoding.Latin1.GetString(json));
        if (expected is { } end)
        {
            walker.Position.Should().Be(end);
            text.Length.Should().Be(end - 2);
            escaped.Should().Be(text.Contains((byte)'\\'));
        }
    }

    /// <summary>Where the string ends; null when it is none.</summary>
    private static int? Expected(byte[] json)
    {
        try
        {
            // More may follow the string: the reader has read it before it finds that.
            var reader = new Utf8JsonReader(json, isFinalBlock: false, default);
            return reader.Read() ? (int)reader.BytesConsumed : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
