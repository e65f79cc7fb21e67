namespace Gateway.Conversations.Storage;

/// <summary>Why a conversation's metadata cannot be used. Immutable.</summary>
/// <param name="Problem">In the words of V0's parser; names no path.</param>
/// <param name="IsUnknown">V0 takes such a conversation for one that is not there.</param>
internal sealed record MetadataDamage(string Problem, bool IsUnknown = false);

/// <summary>Metadata that is no JSON object. It harms its conversation alone.</summary>
internal sealed class DamagedMetadataException(ConversationId id, MetadataDamage damage)
    : Exception($"The metadata of conversation {id} is damaged: {damage.Problem}")
{
    public MetadataDamage Damage { get; } = damage;
}
