using System.Text.Json;

namespace Gateway.Access;

/// <summary>
/// The CONNECT auth payload: V0's clients send none, others put the key there. Pure; any JSON is fine, only a text under
/// <c>session_api_key</c> is used.
/// </summary>
internal static class ConnectAuth
{
    public static string? ReadSessionApiKey(ReadOnlySpan<byte> auth)
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
                    && reader.ValueTextEquals("session_api_key"u8))
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
