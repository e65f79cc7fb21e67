using System.Text;

using Gateway.Conversations;
using Gateway.Conversations.Storage;
using Gateway.Conversations.Storage.Files;

using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Gateway.Tests.Support;

/// <summary>Makes stores over real directories, and reads their logs whole.</summary>
internal static class TestStore
{
    // Shared by all tests: they end with the process.
    private static readonly StorageThreads s_threads = Threads(TimeProvider.System);

    private static readonly LogWatcher s_watcher = new(
        Settings(Path.GetTempPath(), Durability.Os), s_threads, TimeProvider.System, NullLogger<LogWatcher>.Instance);

    public static StorageThreads Threads(TimeProvider timeProvider) =>
        new(Settings(Path.GetTempPath(), Durability.Os), timeProvider, NullLogger<StorageThreads>.Instance);

    public static FileEventLogStore Logs(
        string root,
        Durability durability = Durability.Os,
        TimeProvider? timeProvider = null,
        ILogger<FileEventLog>? logger = null,
        StorageThreads? threads = null) =>
        new(Settings(root, durability), threads ?? s_threads, s_watcher, timeProvider ?? TimeProvider.System,
            logger ?? NullLogger<FileEventLog>.Instance);

    public static FileCatalogue Catalogue(
        string root, Durability durability = Durability.Os, int maxWatches = 10_000, TimeProvider? timeProvider = null) => new(
        Options.Create(new FileStorageOptions { Root = root, Durability = durability, MaxWatches = maxWatches }),
        s_threads,
        timeProvider ?? TimeProvider.System);

    public static FileJournalStore Journals(string root, Durability durability = Durability.Os) =>
        new(Settings(root, durability), s_threads);

    public static ConversationKey Key(string id, string? user = null) =>
        new(Parse(id), user is null ? null : Parse(user));

    public static byte[] Event(int id, string content = "text") =>
        Encoding.UTF8.GetBytes(
            $$$"""{"id": {{{id}}}, "source": "agent", "message": "", "action": "run", "args": {"command": "{{{content}}}"}}""");

    public static async Task AppendAsync(IEventLog log, int fromId, int throughId)
    {
        for (var id = fromId; id <= throughId; id++)
        {
            (await log.TryAppendAsync(id, Event(id), CancellationToken.None)).Should().BeTrue();
        }
    }

    /// <summary>All events from an id on: copies, since a page's bytes are only lent.</summary>
    public static async Task<(List<(int Id, string Json)> Events, List<CorruptEvent> Corrupt)> ReadAllAsync(
        IEventLog log, int fromId = 0, int? throughId = null)
    {
        var events = new List<(int, string)>();
        var corrupt = new List<CorruptEvent>();
        var last = throughId ?? log.Head;
        for (var next = fromId; next <= last;)
        {
            using var page = await log.ReadAsync(next, last, CancellationToken.None);
            page.NextId.Should().BeGreaterThan(next);
            page.Events.Should().OnlyContain(stored => stored.Id >= next && stored.Id < page.NextId && stored.Id <= last);
            events.AddRange(page.Events.Select(static stored => (stored.Id, Encoding.UTF8.GetString(stored.Json.Span))));
            corrupt.AddRange(page.Corrupt);
            next = page.NextId;
        }

        return (events, corrupt);
    }

    private static IOptions<FileStorageOptions> Settings(string root, Durability durability) =>
        Options.Create(new FileStorageOptions { Root = root, Durability = durability });

    private static ConversationId Parse(string text) =>
        ConversationId.TryParse(text, out var id) ? id : throw new ArgumentException($"'{text}' is no id.", nameof(text));
}
