using System.Collections.Concurrent;

using Gateway.Conversations;
using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Conversations.Support;

/// <summary>A store in which the test can get between: hooks run before the real call, and may wait or throw. Any thread.</summary>
internal sealed class HookedStore(IConversationCatalogue catalogue, IEventLogStore logs) : IConversationCatalogue, IEventLogStore
{
    private int _replaced;

    public Func<CancellationToken, Task> BeforeMetadata { get; set; } = static _ => Task.CompletedTask;

    public Func<Task> BeforeReplace { get; set; } = static () => Task.CompletedTask;

    public Func<CancellationToken, Task> BeforeOpen { get; set; } = static _ => Task.CompletedTask;

    public Func<int, CancellationToken, Task> BeforeRead { get; set; } = static (_, _) => Task.CompletedTask;

    public Func<int, Task> BeforeAppend { get; set; } = static _ => Task.CompletedTask;

    /// <summary>What the store is given in place of an event's bytes: <see cref="GatedBytes"/> have its thread hang.</summary>
    public Func<int, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> Appending { get; set; } = static (_, json) => json;

    public Func<Task> BeforeDelete { get; set; } = static () => Task.CompletedTask;

    /// <summary>How often metadata was replaced.</summary>
    public int ReplaceCount => Volatile.Read(ref _replaced);

    /// <summary>Whether logs see by themselves what others append.</summary>
    public bool Watches { get; set; } = true;

    /// <summary>Whether logs are given together what waits for them.</summary>
    public bool AppendsTogether { get; set; }

    /// <summary>How many events each append was given.</summary>
    public ConcurrentQueue<int> Groups { get; } = new();

    public Action OnHead { get; set; } = static () => { };

    public ValueTask<CataloguePage> ListAsync(ConversationId? userId, int offset, int limit, CancellationToken cancellationToken) =>
        catalogue.ListAsync(userId, offset, limit, cancellationToken);

    public async ValueTask<StoredDocument?> ReadAsync(ConversationKey key, CancellationToken cancellationToken)
    {
        await BeforeMetadata(cancellationToken);
        return await catalogue.ReadAsync(key, cancellationToken);
    }

    public ValueTask<bool> TryCreateAsync(ConversationKey key, JObject metadata, CancellationToken cancellationToken) =>
        catalogue.TryCreateAsync(key, metadata, cancellationToken);

    public async ValueTask<bool> TryReplaceAsync(
        ConversationKey key, JObject metadata, string expectedVersion, CancellationToken cancellationToken)
    {
        await BeforeReplace();
        var replaced = await catalogue.TryReplaceAsync(key, metadata, expectedVersion, cancellationToken);
        if (replaced)
        {
            Interlocked.Increment(ref _replaced);
        }

        return replaced;
    }

    public async ValueTask<bool> DeleteAsync(ConversationKey key, CancellationToken cancellationToken)
    {
        await BeforeDelete();
        return await catalogue.DeleteAsync(key, cancellationToken);
    }

    public async ValueTask<IEventLog> OpenAsync(ConversationKey key, CancellationToken cancellationToken)
    {
        await BeforeOpen(cancellationToken);
        return new HookedLog(this, await logs.OpenAsync(key, cancellationToken));
    }

    private sealed class HookedLog(HookedStore hooks, IEventLog log) : IEventLog
    {
        public int Head
        {
            get
            {
                hooks.OnHead();
                return log.Head;
            }
        }

        public bool AppendsTogether => hooks.AppendsTogether;

        public ValueTask<int> RefreshAsync(int claimedId, CancellationToken cancellationToken) =>
            log.RefreshAsync(claimedId, cancellationToken);

        public IDisposable Watch(Action onGrown) => hooks.Watches ? log.Watch(onGrown) : new CancellationTokenSource();

        public async ValueTask<bool> TryAppendAsync(int id, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
        {
            await hooks.BeforeAppend(id);
            return await log.TryAppendAsync(id, hooks.Appending(id, json), cancellationToken);
        }

        public async ValueTask<int> TryAppendAsync(IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken)
        {
            hooks.Groups.Enqueue(events.Count);
            var stored = 0;
            while (stored < events.Count && await TryAppendAsync(events[stored].Id, events[stored].Json, cancellationToken))
            {
                stored++;
            }

            return stored;
        }

        public async ValueTask<EventPage> ReadAsync(int fromId, int throughId, CancellationToken cancellationToken)
        {
            // As the store's own threads: a hook that blocks, or heeds no token, keeps nobody who gives up.
            await Task.Run(() => hooks.BeforeRead(fromId, cancellationToken), CancellationToken.None).WaitAsync(cancellationToken);
            return await log.ReadAsync(fromId, throughId, cancellationToken);
        }
    }
}
