using System.Text;
using System.Text.Json;

namespace Gateway.Access.Forward;

/// <summary>
/// The message of an access server's 401 or 403, for the client: a JSON body's <c>message</c>, <c>detail</c> or <c>error</c>, or a plain
/// text, in one line of at most 200 characters. A page of HTML is none. A small server may not say which of them its body is. Pure.
/// </summary>
internal static class RefusalText
{
    private const int MaxLength = 200;

    private static readonly string[] s_members = ["message", "detail", "error"];

    /// <param name="body">As much of it as was read, in UTF-8.</param>
    /// <param name="mediaType">Null when it has none.</param>
    public static string? Read(ReadOnlyMemory<byte> body, string? mediaType) => mediaType switch
    {
        null => ReadJson(body) ?? Clean(Encoding.UTF8.GetString(body.Span)),
        "text/plain" => Clean(Encoding.UTF8.GetString(body.Span)),
        _ when mediaType.EndsWith("json", StringComparison.OrdinalIgnoreCase) => ReadJson(body),
        _ => null,
    };

    private static string? ReadJson(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            foreach (var name in s_members)
            {
                if (json.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String)
                {
                    return Clean(value.GetString());
                }
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Cut, or not what it says it is: the status alone counts.
        }

        return null;
    }

    private static string? Clean(string? text)
    {
        var line = new string([.. (text ?? "").Select(static c => char.IsControl(c) ? ' ' : c)]).Trim();
        return line.Length == 0 ? null : line.Length <= MaxLength ? line : line[..MaxLength];
    }
}
