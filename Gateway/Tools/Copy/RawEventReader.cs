using Gateway.Conversations.Storage;

namespace Gateway.Tools.Copy;

/// <summary>
/// Walks through a part of a log, damaged events too, and reads the next page while its user works on the last one: it never holds more
/// than those two. One user, who disposes it.
/// </summary>
internal sealed class RawEventReader : IAsyncDisposable
{
    private readonly IEventLog _log;
    private readonly int _through;
    private readonly CancellationToken _cancellationToken;
    private EventPage? _page;
    private Task<EventPage>? _next;
    private List<RawEvent> _events = [];
    private int _index;

    public RawEventReader(IEventLog log, int from, int through, CancellationToken cancellationToken)
    {
        // Behind the head a log has nothing, and says to read on from there.
        (_log, _through, _cancellationToken) = (log, Math.Min(through, log.Head), cancellationToken);
        _next = ReadFrom(from);
    }

    /// <summary>The next event, valid until the next call; null at the end.</summary>
    public async ValueTask<RawEvent?> NextAsync()
    {
        while (_index == _events.Count)
        {
            if (await NextPageAsync() is not { } events)
            {
                return null;
            }

            (_events, _index) = (events, 0);
        }

        return _events[_index++];
    }

    /// <summary>The next events, valid until the next call; null at the end.</summary>
    public async ValueTask<List<RawEvent>?> NextPageAsync()
    {
        while (_next is not null)
        {
            var page = await _next;
            _page?.Dispose();
            _page = page;
            _next = ReadFrom(page.NextId);
            if (RawEvent.AllOf(page) is { Count: > 0 } events)
            {
                return events;
            }
        }

        return null;
    }

    public async ValueTask DisposeAsync()
    {
        _page?.Dispose();
        if (_next is not null)
        {
            await _next.ContinueWith(
                static read =>
                {
                    if (read.IsCompletedSuccessfully)
                    {
                        read.Result.Dispose();
                    }
                    else
                    {
                        // Whoever needed it would have got it.
                        _ = read.Exception;
                    }
                },
                CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private Task<EventPage>? ReadFrom(int id) =>
        id <= _through ? _log.ReadAsync(id, _through, _cancellationToken).AsTask() : null;
}
