using System.Text.Json;

namespace Gateway.Access;

/// <summary>
/// The CONNECT auth payload: V0's clients send none, others put a key or a token there. Pure; any JSON is fine, only a text under the
/// name that is asked for is used.
/// </summary>
internal static class ConnectAuth
{
    public static string? ReadSessionApiKey(ReadOnlySpan<byte> auth) => ReadText(auth, "session_api_key"u8);

    /// <summary>What browsers send instead of an Authorization header, which they cannot set on a WebSocket.</summary>
    public static string? ReadToken(ReadOnlySpan<byte> auth) => ReadText(auth, "token"u8);

    private static string? ReadText(ReadOnlySpan<byte> auth, ReadOnlySpan<byte> name)
    {
        if (auth.IsEmpty)
        {
            return null;
        }

        try
        {
            var reader = new Utf8JsonReader(auth);
            while (reader.Read())
            {
                if (reader.CurrentDepth == 1
                    && reader.TokenType == JsonTokenType.PropertyName
                    && reader.ValueTextEquals(name))
                {
                    reader.Read();
                    return reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                }
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The layer below has checked the packet; should it pass something odd on, an unreadable payload holds no key.
        }

        return null;
    }
}
