using System.Text;

using Gateway.Agents.V1;
using Gateway.Conversations;
using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>
/// A conversation without session, clients or disk: what a backend appends and says, and signals for tests to wait on. Thread-safe.
/// </summary>
internal sealed class MemoryConversation(string id) : IAgentConversation, IEventLog, IJournal, IJournalStore
{
    private static readonly EventWriter s_writer = new(TimeProvider.System);

    private readonly Lock _lock = new();
    private readonly List<byte[]> _events = [];
    private readonly List<JObject> _transientMessages = [];
    private readonly List<string> _sideLines = [];
    private readonly Dictionary<string, int> _sourceIds = [];
    private readonly Queue<Exception> _failures = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Appends fail from this id on, as a disk that fills up, or a process that dies.</summary>
    public int FailsFrom { get; set; } = int.MaxValue;

    /// <summary>Its log keeps source ids, as a database does.</summary>
    public bool KeepsSourceIds { get; init; }

    /// <summary>The source ids of the log, in order.</summary>
    public IReadOnlyList<string> SourceIds
    {
        get
        {
            lock (_lock)
            {
                return [.. _sourceIds.OrderBy(static one => one.Value).Select(static one => one.Key)];
            }
        }
    }

    public IJournal Open(ConversationKey key, string name, IEventLog? owner = null) => this;

    /// <summary>The next appends fail, one for each of these.</summary>
    public void FailOnce(params Exception[] exceptions)
    {
        lock (_lock)
        {
            Array.ForEach(exceptions, _failures.Enqueue);
        }
    }

    public ConversationKey Key { get; } = new(ConversationId.TryParse(id, out var parsed) ? parsed : default);

    public IEventLog Log => this;

    /// <summary>The agent has said that the conversation is gone.</summary>
    public bool IsClosed { get; private set; }

    public void Close()
    {
        lock (_lock)
        {
            IsClosed = true;
            Signal();
        }
    }

    public bool IsStartedByServer => false;

    public int ClientCount => 1;

    public int JoinCount => 1;

    /// <summary>How much the side file holds.</summary>
    public long SideCharacters
    {
        get
        {
            lock (_lock)
            {
                return _sideLines.Sum(static line => (long)line.Length);
            }
        }
    }

    /// <summary>How often the journal was read.</summary>
    public int JournalReads { get; private set; }

    /// <summary>How often it was written to.</summary>
    public int JournalWrites { get; private set; }

    public int Head
    {
        get
        {
            lock (_lock)
            {
                return _events.Count - 1;
            }
        }
    }

    public IReadOnlyList<JObject> Events
    {
        get
        {
            lock (_lock)
            {
                return [.. _events.Select(static json => JsonTree.TryReadObject(Encoding.UTF8.GetString(json), out var e) ? e : [])];
            }
        }
    }

    public IReadOnlyList<JObject> TransientMessages
    {
        get
        {
            lock (_lock)
            {
                return [.. _transientMessages];
            }
        }
    }

    /// <summary>Each event in a word, as <see cref="TranslatedLog.Words"/>.</summary>
    public IReadOnlyList<string> Words => [.. Events.Select(static e =>
        (string?)e["observation"] == "agent_state_changed" ? $"={e["extras"]!["agent_state"]}"
        : e["observation"] is { } observation ? $"{observation}!" : (string)e["action"]!)];

    public ValueTask<int> AppendAsync(JObject draft, EventSource source, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_failures.TryDequeue(out var failure))
            {
                throw failure;
            }

            if (_events.Count >= FailsFrom)
            {
                throw new IOException("No space left.");
            }

            _events.Add(s_writer.Write(_events.Count, source, draft).Json.ToArray());
            Signal();
            return new ValueTask<int>(_events.Count - 1);
        }
    }

    public async ValueTask AppendAsync(IReadOnlyList<IEventDraft> drafts, CancellationToken cancellationToken)
    {
        foreach (var draft in drafts)
        {
            lock (_lock)
            {
                if (KeepsSourceIds && draft.SourceId is { } sourceId && !_sourceIds.TryAdd(sourceId, _events.Count))
                {
                    throw new StorageException(StorageFailure.Duplicate, "It is there already.");
                }
            }

            try
            {
                draft.Appended(await AppendAsync(draft.Resolve(), draft.Source, cancellationToken));
            }
            catch when (draft.SourceId is { } sourceId)
            {
                lock (_lock)
                {
                    _sourceIds.Remove(sourceId);
                }

                throw;
            }
        }
    }

    public ValueTask<IReadOnlyList<(int Id, string SourceId)>> ReadSourceIdsAsync(int fromId, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return new([.. _sourceIds.Where(one => one.Value >= fromId).Select(static one => (one.Value, one.Key)).Order()]);
        }
    }

    public ValueTask NotifyAsync(JObject transientMessage, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _transientMessages.Add(transientMessage);
            Signal();
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Completes when the condition holds; looked at after every append and notice.</summary>
    public async Task UntilAsync(Func<MemoryConversation, bool> condition)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                changed = _changed.Task;
            }

            if (condition(this))
            {
                return;
            }

            await changed.WaitAsync(TestLimits.Step);
        }
    }

    public ValueTask<bool> TryAppendAsync(int id, ReadOnlyMemory<byte> json, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    ValueTask<EventPage> IEventLog.ReadAsync(int fromId, int throughId, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var events = _events
                .Select(static (json, id) => StoredEvent.Scan(id, json))
                .Where(e => e.Id >= fromId && e.Id <= throughId)
                .ToList();
            return new ValueTask<EventPage>(new EventPage(events, [], throughId + 1, null));
        }
    }

    public ValueTask<int> RefreshAsync(int claimedId, CancellationToken cancellationToken) => new(Head);

    public IDisposable Watch(Action onGrown) => new CancellationTokenSource();

    IAsyncEnumerable<string> IJournal.ReadAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            JournalReads++;
            return _sideLines.ToArray().ToAsyncEnumerable();
        }
    }

    ValueTask IJournal.ReplaceAsync(IReadOnlyList<string> lines, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            JournalWrites++;
            _sideLines.Clear();
            _sideLines.AddRange(lines);
        }

        return ValueTask.CompletedTask;
    }

    ValueTask IJournal.AppendAsync(IReadOnlyList<string> lines, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            JournalWrites++;
            _sideLines.AddRange(lines);
        }

        return ValueTask.CompletedTask;
    }

    public StoredEvent Stored(int id)
    {
        lock (_lock)
        {
            return StoredEvent.Scan(id, _events[id]);
        }
    }

    /// <summary>A crash takes the last lines of the side file, or half of one.</summary>
    public void LoseSideLines(int count)
    {
        lock (_lock)
        {
            _sideLines.RemoveRange(Math.Max(0, _sideLines.Count - count), Math.Min(count, _sideLines.Count));
        }
    }

    private void Signal()
    {
        _changed.TrySetResult();
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
