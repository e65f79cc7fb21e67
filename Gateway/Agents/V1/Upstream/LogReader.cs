using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Upstream;

/// <summary>Reads the V1 log by REST from where a sink stands to its end, in the log's order. Used by the connection's loop.</summary>
internal sealed class LogReader(V1RestClient rest, V1Endpoint endpoint, Guid conversation, IUpstreamSink sink)
{
    /// <summary>False when the server did not answer; what was read until then is taken.</summary>
    public async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        var pageId = sink.LastEventId;
        while (true)
        {
            var answer = await rest.SearchAsync(endpoint, conversation, pageId, cancellationToken);
            if (!answer.IsSuccess || answer.Object is not { } page)
            {
                return false;
            }

            // The page begins with the event that was asked for, and so with one that is taken.
            var news = page.Objects("items").Where(item => item.TextOrNull("id") is not { } id || !sink.HasTaken(id)).ToList();
            if (news.Count > 0)
            {
                await sink.TakeAsync(news, cancellationToken);
            }

            var next = page.TextOrNull("next_page_id");
            if (next is null || next == pageId)
            {
                return true;
            }

            pageId = next;
        }
    }
}
