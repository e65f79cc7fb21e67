using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Gateway.Primitives;

/// <summary>
/// Takes the secrets out of what signs a Socket.IO client in: the auth payload of a CONNECT, <c>40[/namespace,]{…}</c>, and the session
/// that the Socket.IO Admin UI is given for it. An auth payload is there to say who comes, so every text and number in it is taken for a
/// secret but for those whose names are known to be plain, and so is all that is no JSON. Pure.
/// </summary>
internal static partial class ConnectSecrets
{
    // What V0's clients and Gateway's own say of their conversation there.
    private static readonly string[] s_plainNames = ["conversation_id", "kinds", "latest_event_id", "providers_set"];

    // However deep it is nested, it is to be read to its end; the reader has no stack to spare for it.
    private static readonly JsonReaderOptions s_options = new() { MaxDepth = int.MaxValue };

    /// <param name="text">A packet, or a polling payload of several. Anything else is given back as it is.</param>
    /// <param name="replace">Gives what stands for a secret.</param>
    public static string Redact(string text, Func<string, string> replace)
    {
        if (!text.StartsWith('4') && !text.Contains("\u001e4", StringComparison.Ordinal))
        {
            return text;
        }

        return SignIn().Replace(text, match =>
        {
            var (auth, session) = (match.Groups["auth"], match.Groups["session"]);
            return session.Success
                ? $"{match.Value[..(session.Index - match.Index)]}{replace(session.Value)}"
                : $"{match.Value[..(auth.Index - match.Index)]}{RedactAuth(auth.Value, replace)}";
        });
    }

    private static string RedactAuth(string auth, Func<string, string> replace)
    {
        var bytes = Encoding.UTF8.GetBytes(auth);
        var reader = new Utf8JsonReader(bytes, s_options);
        var shown = new StringBuilder();
        var (written, read) = (0, 0);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1 && s_plainNames.Contains(reader.GetString()))
                {
                    reader.Skip();
                    read = (int)reader.BytesConsumed;
                    continue;
                }

                read = (int)reader.BytesConsumed;
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.Number && Named(ref reader, replace) is { } name)
                {
                    shown.Append(Encoding.UTF8.GetString(bytes.AsSpan(written, (int)reader.TokenStartIndex - written))).Append(name);
                    written = read;
                }
            }

            return shown.Append(Encoding.UTF8.GetString(bytes.AsSpan(written))).ToString();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // What cannot be read may be a secret that was cut, or one of a text that is no UTF-16.
            shown.Append(Encoding.UTF8.GetString(bytes.AsSpan(written, read - written)));
            return read < bytes.Length ? shown.Append(replace(Encoding.UTF8.GetString(bytes.AsSpan(read)))).ToString() : shown.ToString();
        }
    }

    /// <summary>The JSON of what stands for a value; null where the value stays.</summary>
    private static string? Named(ref Utf8JsonReader reader, Func<string, string> replace)
    {
        var secret = reader.TokenType == JsonTokenType.String ? reader.GetString() ?? "" : Encoding.UTF8.GetString(reader.ValueSpan);
        return secret.Length > 0 && replace(secret) is var name && name != secret ? $"\"{JsonEncodedText.Encode(name)}\"" : null;
    }

    [GeneratedRegex(
        """(?<=^|\u001e)4(?:0(?:/[^,\u001e]*,)?(?<auth>[\[{"][^\u001e]*)|2/[^,\u001e]*,\["session","(?<session>(?:[^"\\\u001e]|\\.)+))""",
        RegexOptions.CultureInvariant)]
    private static partial Regex SignIn();
}
