using Gateway.Conversations;
using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;

namespace Gateway.Tests.Tools.Copy;

/// <summary>A log that does as another one does; what is odd about it is its derived class'. It is the only one of its store.</summary>
internal abstract class OddLog : IEventLogStore, IEventLog
{
    public int Head => Log.Head;

    protected abstract IEventLog Log { get; }

    public virtual ValueTask<IEventLog> OpenAsync(ConversationKey key, CancellationToken cancellationToken) => new(this);

    public virtual ValueTask<EventPage> ReadAsync(int fromId, int throughId, CancellationToken cancellationToken) =>
        Log.ReadAsync(fromId, throughId, cancellationToken);

    public ValueTask<int> RefreshAsync(int claimedId, CancellationToken cancellationToken) =>
        Log.RefreshAsync(claimedId, cancellationToken);

    public ValueTask<bool> TryAppendAsync(int id, ReadOnlyMemory<byte> json, CancellationToken cancellationToken) =>
        Log.TryAppendAsync(id, json, cancellationToken);

    public virtual ValueTask<int> TryAppendAsync(IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken) =>
        Log.TryAppendAsync(events, cancellationToken);

    public IDisposable Watch(Action onGrown) => Log.Watch(onGrown);
}

/// <summary>One event may not be read until it is opened.</summary>
internal sealed class ShutLog(IEventLog log, int shutId) : OddLog
{
    private int _shutId = shutId;

    protected override IEventLog Log => log;

    public void Open() => _shutId = -1;

    public override async ValueTask<EventPage> ReadAsync(int fromId, int throughId, CancellationToken cancellationToken)
    {
        var page = await log.ReadAsync(fromId, throughId, cancellationToken);
        List<StoredEvent> open = [.. page.Events.Where(one => one.Id != _shutId)];
        return open.Count == page.Events.Count ? page : new EventPage(
            open, [new CorruptEvent(_shutId, $"event {_shutId} cannot be read: access denied", IsDenied: true)], page.NextId, page);
    }
}

/// <summary>Before the first append somebody else writes.</summary>
internal sealed class LateWriter(IEventLogStore logs, Func<Task> write) : OddLog
{
    private IEventLog? _log;
    private bool _hasWritten;

    protected override IEventLog Log => _log ?? throw new InvalidOperationException("The log is not open.");

    public override async ValueTask<IEventLog> OpenAsync(ConversationKey key, CancellationToken cancellationToken)
    {
        _log = await logs.OpenAsync(key, cancellationToken);
        return this;
    }

    public override async ValueTask<int> TryAppendAsync(IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken)
    {
        if (!_hasWritten)
        {
            _hasWritten = true;
            await write();
        }

        return await base.TryAppendAsync(events, cancellationToken);
    }
}
