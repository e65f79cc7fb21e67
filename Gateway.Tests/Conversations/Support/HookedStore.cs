using Gateway.Conversations;
using Gateway.Conversations.Storage;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Conversations.Support;

/// <summary>A store in which the test can get between: hooks run before the real call, and may wait or throw. Any thread.</summary>
internal sealed class HookedStore(IConversationStore inner) : IConversationStore
{
    public Func<CancellationToken, Task> BeforeMetadata { get; set; } = static _ => Task.CompletedTask;

    public Func<CancellationToken, Task> BeforeOpen { get; set; } = static _ => Task.CompletedTask;

    public Func<int, CancellationToken, Task> BeforeRead { get; set; } = static (_, _) => Task.CompletedTask;

    public Func<int, Task> BeforeAppend { get; set; } = static _ => Task.CompletedTask;

    public Action OnHead { get; set; } = static () => { };

    public async Task<JObject?> ReadMetadataAsync(ConversationKey key, CancellationToken cancellationToken)
    {
        await BeforeMetadata(cancellationToken);
        return await inner.ReadMetadataAsync(key, cancellationToken);
    }

    public Task WriteMetadataAsync(ConversationKey key, JObject metadata, CancellationToken cancellationToken) =>
        inner.WriteMetadataAsync(key, metadata, cancellationToken);

    public async Task<IEventLog> OpenLogAsync(ConversationKey key, CancellationToken cancellationToken)
    {
        await BeforeOpen(cancellationToken);
        return new HookedLog(this, await inner.OpenLogAsync(key, cancellationToken));
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

        public async ValueTask<bool> TryAppendAsync(int id, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
        {
            await hooks.BeforeAppend(id);
            return await log.TryAppendAsync(id, json, cancellationToken);
        }

        public async ValueTask<EventPage> ReadAsync(int fromId, int throughId, CancellationToken cancellationToken)
        {
            await hooks.BeforeRead(fromId, cancellationToken);
            return await log.ReadAsync(fromId, throughId, cancellationToken);
        }
    }
}
