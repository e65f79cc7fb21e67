using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.ConversationEvents;

/// <summary>
/// Events of a log one by one, in either order, as V0 shows them: nothing is left out but what is damaged. At most one page of the log is
/// held. Used by one request.
/// </summary>
internal sealed class EventPages(IEventLog log)
{
    private const int Step = 25;

    public async IAsyncEnumerable<JObject> ForwardAsync(
        int fromId, int throughId, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var next = Math.Max(0, fromId); next <= Math.Min(throughId, log.Head);)
        {
            using var page = await log.ReadAsync(next, Math.Min(throughId, log.Head), cancellationToken);
            foreach (var stored in page.Events)
            {
                if (Show(stored) is { } json)
                {
                    yield return json;
                }
            }

            next = page.NextId;
        }
    }

    /// <summary>In small steps from the end, each of which is read forward; ids that lie far apart are searched for by halves.</summary>
    public async IAsyncEnumerable<JObject> BackwardAsync(
        int fromId, int throughId, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var first = Math.Max(0, fromId);
        for (var last = Math.Min(throughId, log.Head); last >= first;)
        {
            var start = Math.Max(first, last - Step + 1);
            var step = new List<JObject>();
            await foreach (var json in ForwardAsync(start, last, cancellationToken))
            {
                step.Add(json);
            }

            for (var i = step.Count - 1; i >= 0; i--)
            {
                yield return step[i];
            }

            last = step.Count > 0 ? start - 1 : await FindLastAsync(first, start - 1, cancellationToken);
        }
    }

    /// <summary>The highest id that is stored between the two; below the first when none is.</summary>
    private async ValueTask<int> FindLastAsync(int first, int last, CancellationToken cancellationToken)
    {
        if (last < first || !await AnyAsync(first, last, cancellationToken))
        {
            return first - 1;
        }

        while (first < last)
        {
            var middle = first + ((last - first + 1) / 2);
            if (await AnyAsync(middle, last, cancellationToken))
            {
                first = middle;
            }
            else
            {
                last = middle - 1;
            }
        }

        return first;
    }

    private async ValueTask<bool> AnyAsync(int first, int last, CancellationToken cancellationToken)
    {
        for (var next = first; next <= last;)
        {
            using var page = await log.ReadAsync(next, last, cancellationToken);
            if (page.Events.Count > 0)
            {
                return true;
            }

            next = page.NextId;
        }

        return false;
    }

    private static JObject? Show(in StoredEvent stored)
    {
        var json = stored.Header.NeedsRewrite ? LegacyRewriter.Rewrite(stored.Json) : stored.Json;
        return JsonTree.TryReadObject(json.Span, out var shown) ? shown : null;
    }
}
