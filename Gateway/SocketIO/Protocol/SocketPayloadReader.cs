using System.Text.Json;

namespace Gateway.SocketIO.Protocol;

/// <summary>Checks a packet's JSON token by token, without building anything from it. Pure; never throws.</summary>
internal static class SocketPayloadReader
{
    /// <summary>V0's events nest deeply (a browser's accessibility tree); beyond this it is an attack on a parser's stack.</summary>
    public const int MaxDepth = 512;

    private static readonly JsonReaderOptions s_options = new() { MaxDepth = MaxDepth };

    /// <summary><c>["name",argument,…]</c>; <paramref name="arguments"/> runs from the first argument to the closing bracket.</summary>
    public static SocketDecodeStatus ReadEvent(ReadOnlySpan<byte> json, int attachmentCount, out string name, out Range arguments)
    {
        name = "";
        arguments = default;
        try
        {
            var reader = new Utf8JsonReader(json, s_options);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray || !reader.Read())
            {
                return SocketDecodeStatus.BadPayload;
            }

            if (reader.TokenType != JsonTokenType.String)
            {
                return reader.TokenType == JsonTokenType.EndArray ? SocketDecodeStatus.BadPayload : SocketDecodeStatus.BadEventName;
            }

            name = reader.GetString() ?? "";
            if (ReservedEventNames.Contains(name))
            {
                return SocketDecodeStatus.BadEventName;
            }

            reader.Read();
            var start = (int)reader.TokenStartIndex;
            var status = ReadRest(ref reader, attachmentCount, out var end);
            arguments = start..end;
            return status;
        }
        catch (JsonException)
        {
            return SocketDecodeStatus.BadPayload;
        }
        catch (InvalidOperationException)
        {
            // An escaped half of a surrogate pair: JSON by its grammar, but no text.
            return SocketDecodeStatus.BadEventName;
        }
    }

    /// <summary>One value whose first token is <paramref name="first"/> (or <paramref name="orElse"/>).</summary>
    public static SocketDecodeStatus ReadValue(
        ReadOnlySpan<byte> json, int attachmentCount, JsonTokenType first, JsonTokenType orElse = JsonTokenType.None)
    {
        try
        {
            var reader = new Utf8JsonReader(json, s_options);
            return reader.Read() && (reader.TokenType == first || reader.TokenType == orElse)
                ? ReadRest(ref reader, attachmentCount, out _)
                : SocketDecodeStatus.BadPayload;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return SocketDecodeStatus.BadPayload;
        }
    }

    // Reads to the end; the reader itself refuses whatever follows the value.
    private static SocketDecodeStatus ReadRest(ref Utf8JsonReader reader, int attachmentCount, out int end)
    {
        end = 0;
        if (attachmentCount == 0)
        {
            do
            {
                end = (int)reader.BytesConsumed;
            }
            while (reader.Read());
            return SocketDecodeStatus.Ok;
        }

        var scan = new PlaceholderScan(attachmentCount, stackalloc byte[PlaceholderScan.FlagsFor(MaxDepth)]);
        do
        {
            end = (int)reader.BytesConsumed;
            if (!scan.Accept(reader))
            {
                return SocketDecodeStatus.BadPlaceholder;
            }
        }
        while (reader.Read());
        return SocketDecodeStatus.Ok;
    }
}
