using Gateway.Agents.V1.Translation;
using Gateway.Conversations;
using Gateway.Conversations.Storage;

namespace Gateway.Agents.V1.Bridge;

/// <summary>
/// What the translation gave and nobody has seen yet, in order: it is appended in one go, because an append costs more in being handed over
/// than in being done. What an earlier process left is recognised instead. Owned by one bridge, used by its loop; of no use after an error.
/// </summary>
internal sealed class PendingOutputs(IAgentConversation conversation, V1Map map, UncommittedEvents uncommitted)
{
    private readonly List<(string V1Id, TranslationOutput Output)> _outputs = [];
    private readonly SourceIds _sourceIds = new();

    // Those before it are told, stored or recognised.
    private int _next;

    public int Count => _outputs.Count;

    /// <param name="v1Id">The V1 event that brought them; those that announce another one's action belong to that one.</param>
    public void Add(string v1Id, IReadOnlyList<TranslationOutput> outputs)
    {
        foreach (var output in outputs)
        {
            _sourceIds.Name(output);
            _outputs.Add((v1Id, output));
        }
    }

    /// <summary>Shows all of it, and relates the V0 ids to their V1 events. Gives the id of the last agent state in it, if any.</summary>
    /// <param name="isHistory">Things without an id are left out: of what was said long ago there is nobody to tell.</param>
    public async ValueTask<int?> ShowAsync(bool isHistory, CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(isHistory, cancellationToken);
        }
        catch (StorageException exception) when (exception.Failure == StorageFailure.Duplicate)
        {
            // The log knows more than the map: what it has is recognised.
            await uncommitted.ReloadAsync(conversation.Log, cancellationToken);
            await SendAsync(isHistory, cancellationToken);
        }

        int? stateId = null;
        foreach (var (v1Id, output) in _outputs)
        {
            if (!output.IsTransientMessage)
            {
                map.Relate(output.Announces?.V1Id ?? v1Id, output.V0Id);
                stateId = output.IsState ? output.V0Id : stateId;
            }
        }

        _outputs.Clear();
        _next = 0;
        return stateId;
    }

    /// <summary>
    /// What is held, where an earlier process has shown it before it had the V1 event that comes now: actions, not knowing that they were
    /// to be confirmed, for example. What follows is translated as it was then.
    /// </summary>
    public void AddShown(EventTranslator translator, string nextV1Id)
    {
        var (actions, status) = (translator.Context.HeldActions, translator.Context.HeldStatus);
        var (areShown, isShown) = (
            actions.Count > 0 && WasShown(SourceIds.Of(actions[0].V1Id), nextV1Id),
            status is not null && WasShown(SourceIds.OfState(status.V1Id), nextV1Id));
        if (areShown || isShown)
        {
            Add("", translator.Release(areShown, isShown));
        }
    }

    /// <summary>The map knows all that was shown.</summary>
    public void Committed() => _sourceIds.Committed();

    private bool WasShown(string sourceId, string nextV1Id) =>
        uncommitted.Find(sourceId) is { } id
        && !(uncommitted.Find(SourceIds.Of(nextV1Id)) < id || uncommitted.Find(SourceIds.OfState(nextV1Id)) < id);

    private async ValueTask SendAsync(bool isHistory, CancellationToken cancellationToken)
    {
        var drafts = new List<TranslationOutput>(_outputs.Count - _next);
        for (var i = _next; i < _outputs.Count; i++)
        {
            var output = _outputs[i].Output;
            if (output.IsTransientMessage)
            {
                await AppendAsync(drafts, cancellationToken);
                if (!isHistory)
                {
                    await conversation.NotifyAsync(output.Json, cancellationToken);
                }

                _next++;
            }
            else if (uncommitted.Recognise(output.Json, output.SourceId) is { } id)
            {
                await AppendAsync(drafts, cancellationToken);
                output.Appended(id);
                _next++;
            }
            else
            {
                drafts.Add(output);
            }
        }

        await AppendAsync(drafts, cancellationToken);
    }

    private async ValueTask AppendAsync(List<TranslationOutput> drafts, CancellationToken cancellationToken)
    {
        if (drafts.Count > 0)
        {
            await conversation.AppendAsync([.. drafts], cancellationToken);
            _next += drafts.Count;
            drafts.Clear();
        }
    }
}
