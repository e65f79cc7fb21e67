using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Upstream;

/// <summary>
/// Reads the V1 log by REST from where a sink stands to its end. The newer server gives it in the order of its numbers; the older one by
/// time, so that an event may come before one that is taken: it is told by its id, and a few taken ones are read again. Pages are as many
/// events as make a few MiB, whatever the length of each. Used by the connection's loop.
/// </summary>
internal sealed class LogReader(V1RestClient rest, V1Endpoint endpoint, Guid conversation, ILogSink sink)
{
    // The server's own limit.
    private const int MaxPageSize = 100;

    // Before anything is known of the events: few enough for large ones, and a look at a log that has not grown.
    private const int FirstPageSize = 20;

    // Pages are asked for to be about so long.
    private const int WantedPageBytes = 2 * 1_024 * 1_024;

    // A longer one is given up, and asked for with fewer events.
    private const int MaxPageBytes = 8 * 1_024 * 1_024;

    // One event may be so long: it can be had in no other way.
    private const int MaxEventBytes = 64 * 1_024 * 1_024;

    // What the sink is given at a time: the events of a page are not all in memory at once.
    private const int MaxBatchBytes = 512 * 1_024;

    private int _pageSize = FirstPageSize;

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

        using var page = await rest.SearchAsync(endpoint, conversation, last.Id, 1, MaxEventBytes, limit);
        if (page.IsSuccess && !BeginsWith(page, last.Id))
        {
            await sink.RestartAsync(cancellationToken);
        }
    }

    /// <summary>The server has stored this event, and so knows its place.</summary>
    public async ValueTask<bool> HasAsync(string id, CancellationToken cancellationToken)
    {
        using var page = await rest.SearchAsync(endpoint, conversation, id, 1, MaxEventBytes, cancellationToken);
        return page.IsSuccess && BeginsWith(page, id);
    }

    /// <summary>False when the server did not answer; what was read until then is taken.</summary>
    public ValueTask<bool> ReadAsync(CancellationToken cancellationToken) => ReadAsync(cancellationToken, cancellationToken);

    /// <summary>
    /// Reads until <paramref name="limit"/>, which throws between two parts and never in the middle of one: the sink is whole then, and
    /// the next reading goes on from there.
    /// </summary>
    public async ValueTask<bool> ReadAsync(CancellationToken limit, CancellationToken cancellationToken)
    {
        var from = sink.ReadFrom;
        var pageId = from?.Id;
        var position = from?.Sequence ?? 0;
        while (true)
        {
            using var page = await ReadPageAsync(pageId, limit);
            if (!page.IsSuccess || (pageId is not null && !BeginsWith(page, pageId)))
            {
                // No answer; or a page that does not begin where it was asked to: the next connection will find out why.
                return false;
            }

            await TakeAsync(page, position, limit, cancellationToken);
            position += page.Count;
            if (page.NextId is not { } next || next == pageId)
            {
                return true;
            }

            pageId = next;
        }
    }

    private async ValueTask TakeAsync(LogPage page, int position, CancellationToken limit, CancellationToken cancellationToken)
    {
        var news = new List<JObject>();
        var length = 0;
        for (var i = 0; i < page.Count; i++)
        {
            var v1Event = page.Event(i);
            if (IsNew(v1Event, position + i))
            {
                news.Add(v1Event);
                length += page.LengthOf(i);
            }

            if (news.Count > 0 && (length >= MaxBatchBytes || i == page.Count - 1))
            {
                limit.ThrowIfCancellationRequested();
                await sink.TakeAsync(news, cancellationToken);
                news.Clear();
                length = 0;
            }
        }
    }

    /// <summary>By its id; one without has nothing but its place.</summary>
    private bool IsNew(JObject v1Event, int position) =>
        v1Event.Text("id") is { Length: > 0 } id ? !sink.HasTaken(id) : position > sink.LastSequence;

    private async ValueTask<LogPage> ReadPageAsync(string? pageId, CancellationToken cancellationToken)
    {
        while (true)
        {
            var maxBytes = _pageSize == 1 ? MaxEventBytes : MaxPageBytes;
            var page = await rest.SearchAsync(endpoint, conversation, pageId, _pageSize, maxBytes, cancellationToken);
            if (!page.IsTooLong || _pageSize == 1)
            {
                IsUnreadable = page.IsRefused;
                Fit(page);
                return page;
            }

            // Large outputs, or screenshots: fewer at a time.
            page.Dispose();
            _pageSize = Math.Max(1, _pageSize / 4);
        }
    }

    /// <summary>The next page gets as many events as make the wanted length, if they are like those of this one.</summary>
    private void Fit(LogPage page)
    {
        if (page.Count > 0)
        {
            var fitting = (int)(WantedPageBytes / Math.Max(1L, page.Length / page.Count));
            _pageSize = Math.Clamp(fitting, 1, Math.Min(MaxPageSize, 4 * _pageSize));
        }
    }

    private static bool BeginsWith(LogPage page, string id) => page.Count > 0 && page.Event(0).Text("id") == id;
}
