using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Upstream;

/// <summary>
/// Reads the V1 log by REST from where a sink stands to its end. The newer server gives it in the order of its numbers; the older one by
/// time, so that an event may come before one that is taken: it is told by its id, and a few taken ones are read again. Used by the
/// connection's loop.
/// </summary>
internal sealed class LogReader(V1RestClient rest, V1Endpoint endpoint, Guid conversation, IUpstreamSink sink)
{
    // The server's own limit.
    private const int MaxPageSize = 100;

    private int _pageSize = MaxPageSize;

    /// <summary>The server answered the last reading, but not with the log: it cannot read it itself.</summary>
    public bool IsUnreadable { get; private set; }

    /// <summary>
    /// Asks whether the server's log is still the one that was taken: a server that lost it, and made the conversation anew, counts from
    /// zero again. One question for each connection, asked until <paramref name="limit"/>; without an answer nothing changes.
    /// </summary>
    public async ValueTask AlignAsync(CancellationToken limit, CancellationToken cancellationToken)
    {
        if (sink.LastEvent is not { } last)
        {
            return;
        }

        var answer = await rest.SearchAsync(endpoint, conversation, last.Id, 1, limit);
        if (answer is { IsSuccess: true, Object: { } page } && !BeginsWith(Items(page), last.Id))
        {
            await sink.RestartAsync(cancellationToken);
        }
    }

    /// <summary>False when the server did not answer; what was read until then is taken.</summary>
    public ValueTask<bool> ReadAsync(CancellationToken cancellationToken) => ReadAsync(cancellationToken, cancellationToken);

    /// <summary>
    /// Reads until <paramref name="limit"/>, which ends it between two pages and never in the middle of one: the sink is whole then, and
    /// the next reading goes on from there.
    /// </summary>
    public async ValueTask<bool> ReadAsync(CancellationToken limit, CancellationToken cancellationToken)
    {
        var from = sink.ReadFrom;
        var pageId = from?.Id;
        var position = from?.Sequence ?? 0;
        while (true)
        {
            if (await ReadPageAsync(pageId, limit) is not { } page)
            {
                return false;
            }

            var items = Items(page);
            if (pageId is not null && !BeginsWith(items, pageId))
            {
                // The page does not begin where it was asked to: the next connection will find out why.
                return false;
            }

            var news = items.Where((item, index) => IsNew(item, position + index)).ToList();
            position += items.Count;
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

    /// <summary>By its id; one without has nothing but its place.</summary>
    private bool IsNew(JObject v1Event, int position) =>
        v1Event.Text("id") is { Length: > 0 } id ? !sink.HasTaken(id) : position > sink.LastSequence;

    private async ValueTask<JObject?> ReadPageAsync(string? pageId, CancellationToken cancellationToken)
    {
        while (true)
        {
            var answer = await rest.SearchAsync(endpoint, conversation, pageId, _pageSize, cancellationToken);
            if (!answer.IsTooLarge || _pageSize == 1)
            {
                IsUnreadable = answer.Status >= 400;
                return answer.IsSuccess ? answer.Object : null;
            }

            // Events with screenshots: fewer at a time.
            _pageSize = Math.Max(1, _pageSize / 10);
        }
    }

    /// <summary>What is no object keeps its place: it has a number too.</summary>
    private static List<JObject> Items(JObject page) => [.. (page["items"] as JArray ?? []).Select(static item => item as JObject ?? [])];

    private static bool BeginsWith(List<JObject> items, string id) => items.Count > 0 && items[0].Text("id") == id;
}
