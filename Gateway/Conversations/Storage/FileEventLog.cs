namespace Gateway.Conversations.Storage;

/// <summary>
/// One conversation's events as V0 keeps them: a file for each event, and pages of 25 that spare the reader 24 opens. It holds no file
/// open and no event in memory. Reads come from any thread, appends from one owner at a time. File calls block their thread: .NET has no
/// asynchronous ones for these systems, and with <see cref="Durability.Os"/> they end in memory.
/// </summary>
internal sealed partial class FileEventLog : IEventLog
{
    private readonly ConversationId _id;
    private readonly ConversationPaths _paths;
    private readonly Durability _durability;
    private readonly ILogger _logger;
    private readonly EventPageReader _reader;
    private volatile StoredIds _ids;

    /// <param name="removeOlderThan">Temporary files from before this were left by a crash.</param>
    public FileEventLog(ConversationId id, ConversationPaths paths, Durability durability, DateTimeOffset removeOlderThan, ILogger logger)
    {
        _id = id;
        _paths = paths;
        _durability = durability;
        _logger = logger;
        _reader = new EventPageReader(paths);
        _ids = List(removeOlderThan);
    }

    public int Head => _ids.Head;

    public ValueTask<bool> TryAppendAsync(int id, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (id <= Head)
        {
            // Another writer's, seen by an earlier call; or one that stands only in a page.
            return ValueTask.FromResult(false);
        }

        if (!TryCreate(id, json.Span))
        {
            _ids = List(removeOlderThan: null);
            return ValueTask.FromResult(false);
        }

        _ids.Add(id);
        if (id % ConversationPaths.PageSize == ConversationPaths.PageSize - 1)
        {
            WritePage(id - ConversationPaths.PageSize + 1);
        }

        return ValueTask.FromResult(true);
    }

    public ValueTask<EventPage> ReadAsync(int fromId, int throughId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var ids = _ids;
        var through = Math.Min(throughId, ids.Head);
        if (ids.FirstFrom(Math.Max(fromId, 0)) is not { } first || first > through)
        {
            return ValueTask.FromResult(new EventPage([], [], Math.Max(fromId, through + 1), null));
        }

        return ValueTask.FromResult(_reader.Read(first, through));
    }

    private bool TryCreate(int id, ReadOnlySpan<byte> json)
    {
        try
        {
            return AtomicFile.TryCreate(_paths.Events, _paths.Event(id), json, _durability);
        }
        catch (DirectoryNotFoundException)
        {
            Directory.CreateDirectory(_paths.Events);
            return AtomicFile.TryCreate(_paths.Events, _paths.Event(id), json, _durability);
        }
    }

    /// <summary>Makes reading fast; the events are safe without it, so a failure harms nothing.</summary>
    private void WritePage(int first)
    {
        try
        {
            using var page = new PooledBytes();
            if (_reader.TryCompose(first, page))
            {
                Directory.CreateDirectory(_paths.Pages);
                AtomicFile.TryCreate(_paths.Pages, _paths.Page(first), page.Span, _durability);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.PageNotWritten(_logger, _id, first, exception);
        }
    }

    /// <summary>Every id that has a file of its own or a page.</summary>
    private StoredIds List(DateTimeOffset? removeOlderThan)
    {
        var ids = DirectoryListing.Ids(_paths.Events, ConversationPaths.ParseEvent, removeOlderThan);
        foreach (var first in DirectoryListing.Ids(_paths.Pages, ConversationPaths.ParsePage, removeOlderThan))
        {
            ids.AddRange(Enumerable.Range(first, ConversationPaths.PageSize));
        }

        return new StoredIds(ids);
    }
}
