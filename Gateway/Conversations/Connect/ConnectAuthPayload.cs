using System.Text.Json;

using Gateway.Conversations.Events;

namespace Gateway.Conversations.Connect;

/// <summary>
/// What a client says of its conversation in the auth payload of its CONNECT: <c>latest_event_id</c>, <c>providers_set</c>, <c>kinds</c>.
/// Any JSON is fine; what is not understood is as absent. The keys and tokens in it are the access policy's to read. Immutable, in memory
/// of its own.
/// </summary>
internal sealed class ConnectAuthPayload
{
    // Deeper than anything that is read here; the layer below lets more in.
    private const int MaxDepth = 64;

    private static readonly ConnectAuthPayload s_empty = new();

    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = MaxDepth };

    private readonly JsonElement? _kinds;

    private ConnectAuthPayload()
    {
    }

    private ConnectAuthPayload(JsonElement json)
    {
        _kinds = json.TryGetProperty("kinds", out var kinds) ? kinds : null;
        LatestEventId = json.TryGetProperty("latest_event_id", out var id) ? TextOf(id) : null;
        Providers = json.TryGetProperty("providers_set", out var providers)
            ? providers.ValueKind == JsonValueKind.Array ? [.. providers.EnumerateArray().Select(TextOf)] : [TextOf(providers)]
            : [];
    }

    /// <summary>As a query would have it; a number is fine.</summary>
    public string? LatestEventId { get; }

    public IReadOnlyList<string?> Providers { get; } = [];

    public bool HasKinds => _kinds is not null;

    /// <param name="auth">A JSON object in UTF-8, or empty.</param>
    public static ConnectAuthPayload Parse(ReadOnlyMemory<byte> auth)
    {
        if (auth.IsEmpty)
        {
            return s_empty;
        }

        try
        {
            using var document = JsonDocument.Parse(auth, s_options);
            return document.RootElement.ValueKind == JsonValueKind.Object ? new ConnectAuthPayload(document.RootElement.Clone()) : s_empty;
        }
        catch (JsonException)
        {
            return s_empty;
        }
    }

    /// <summary>As <see cref="EventFilter.TryParse(JsonElement, out EventFilter?)"/>; all kinds when nothing is said.</summary>
    public bool TryReadKinds(out EventFilter? filter)
    {
        filter = null;
        return _kinds is not { } kinds || EventFilter.TryParse(kinds, out filter);
    }

    private static string? TextOf(JsonElement json)
    {
        try
        {
            return json.ValueKind switch
            {
                JsonValueKind.String => json.GetString(),
                JsonValueKind.Number => json.GetRawText(),
                _ => null,
            };
        }
        catch (InvalidOperationException)
        {
            // An escaped half of a surrogate pair.
            return null;
        }
    }
}
