using System.Globalization;

using Gateway.Conversations;

namespace Gateway.Agents.V1.Upstream;

/// <summary>V0's 32 hex digits and V1's UUID are one id in two spellings. Pure.</summary>
internal static class ConversationUuid
{
    public static bool TryParse(ConversationId id, out Guid uuid) =>
        Guid.TryParseExact(id.Value, "N", out uuid) || Guid.TryParseExact(id.Value, "D", out uuid);

    public static string Hex(Guid uuid) => uuid.ToString("N", CultureInfo.InvariantCulture);
}
