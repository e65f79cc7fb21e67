using Gateway.Agents.V1.Translation;
using Gateway.Conversations;
using Gateway.Primitives.Json;

namespace Gateway.Agents.V1.Bridge;

/// <summary>
/// What the translation gave and nobody has seen yet, in order: it is appended in one go, because an append costs more in being handed over
/// than in being done. What an earlier process left is recognised instead. Owned by one bridge, used by its loop; of no use after an error.
/// </summary>
internal sealed class PendingOutputs(IAgentConversation conversation, V1Map map, UncommittedEvents uncommitted)
{
    private readonly List<(string V1Id, TranslationOutput Output)> _outputs = [];

    public int Count => _outputs.Count;

    /// <param name="v1Id">The V1 event that brought them; those that announce another one's action belong to that one.</param>
    public void Add(string v1Id, IReadOnlyList<TranslationOutput> outputs)
    {
        foreach (var output in outputs)
        {
            _outputs.Add((v1Id, output));
        }
    }

    /// <summary>Shows all of it, and relates the V0 ids to their V1 events. Gives the id of the last agent state in it, if any.</summary>
    /// <param name="isHistory">Things without an id are left out: of what was said long ago there is nobody to tell.</param>
    public async ValueTask<int?> ShowAsync(bool isHistory, CancellationToken cancellationToken)
    {
        var drafts = new List<TranslationOutput>(_outputs.Count);
        foreach (var (_, output) in _outputs)
        {
            if (output.IsTransientMessage)
            {
                await AppendAsync(drafts, cancellationToken);
                if (!isHistory)
                {
                    await conversation.NotifyAsync(output.Json, cancellationToken);
                }
            }
            else if (uncommitted.Recognise(output.Json) is { } id)
            {
                await AppendAsync(drafts, cancellationToken);
                output.Appended(id);
            }
            else
            {
                drafts.Add(output);
            }
        }

        await AppendAsync(drafts, cancellationToken);
        int? stateId = null;
        foreach (var (v1Id, output) in _outputs)
        {
            if (!output.IsTransientMessage)
            {
                map.Relate(output.Announces?.V1Id ?? v1Id, output.V0Id);
                stateId = output.Json.Text("observation") == "agent_state_changed" ? output.V0Id : stateId;
            }
        }

        _outputs.Clear();
        return stateId;
    }

    private async ValueTask AppendAsync(List<TranslationOutput> drafts, CancellationToken cancellationToken)
    {
        if (drafts.Count > 0)
        {
            await conversation.AppendAsync([.. drafts], cancellationToken);
            drafts.Clear();
        }
    }
}
