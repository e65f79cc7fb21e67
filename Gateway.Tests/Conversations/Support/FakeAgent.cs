using System.Collections.Concurrent;

using Gateway.Conversations;
using Gateway.Conversations.Events;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Support;

/// <summary>A backend that does what the test says, and lets the test speak for it. Any thread.</summary>
internal sealed class FakeAgent : IAgentBackend, IAgentBackendFactory
{
    private readonly TaskCompletionSource<IAgentConversation> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<IAgentConversation> _conversations = [];
    private readonly TaskCompletionSource<IAgentConversation> _created = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Func<IAgentConversation, CancellationToken, ValueTask<BackendOpening>> OnOpen { get; set; } = static (_, _) =>
        new(BackendOpening.Ready);

    public Func<IAgentConversation, CancellationToken, ValueTask> OnStart { get; set; } = static (_, _) => default;

    public Func<UserAction, ActionDisposition> OnAccept { get; set; } = static _ => ActionDisposition.Store;

    public Func<StoredEvent, ValueTask<bool>> OnStored { get; set; } = static _ => new(true);

    public Func<ValueTask> OnDispose { get; set; } = static () => default;

    public bool IsBusy { get; set; }

    /// <summary>So that a test has to do with titles only where it asks for them.</summary>
    public bool NamesConversation { get; set; } = true;

    /// <summary>Every conversation whose session was opened, in order.</summary>
    public IReadOnlyCollection<IAgentConversation> Conversations => _conversations;

    public int DisposeCount { get; private set; }

    /// <summary>The conversation whose session was opened first.</summary>
    public Task<IAgentConversation> Opened => _created.Task.WaitAsync(TestLimits.Step);

    /// <summary>The same, once it runs.</summary>
    public Task<IAgentConversation> Started => _started.Task.WaitAsync(TestLimits.Step);

    public IAgentBackend Create(ConversationKey key) => this;

    public ValueTask<BackendOpening> OpenAsync(IAgentConversation conversation, CancellationToken cancellationToken)
    {
        _conversations.Enqueue(conversation);
        _created.TrySetResult(conversation);
        return OnOpen(conversation, cancellationToken);
    }

    public async ValueTask StartAsync(IAgentConversation conversation, CancellationToken cancellationToken)
    {
        await OnStart(conversation, cancellationToken);
        _started.TrySetResult(conversation);
    }

    public ValueTask<ActionDisposition> AcceptAsync(UserAction action, CancellationToken cancellationToken) => new(OnAccept(action));

    public ValueTask<bool> OnStoredAsync(StoredEvent storedEvent, CancellationToken cancellationToken) => OnStored(storedEvent);

    public ValueTask DisposeAsync()
    {
        DisposeCount++;
        return OnDispose();
    }
}
