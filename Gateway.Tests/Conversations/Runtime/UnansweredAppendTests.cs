using Gateway.Conversations.Events;
using Gateway.Conversations.Storage;
using Gateway.Conversations.Storage.Files;
using Gateway.Tests.Conversations.Support;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Conversations.Runtime;

/// <summary>Appends that the store does in the end, when their senders have been told that nobody knows.</summary>
public sealed class UnansweredAppendTests : IAsyncLifetime, IAsyncDisposable
{
    private const string Unknown = "error: Nobody can say whether the action was done; please look before you send it again.";
    private const string NotStored = "error: The action could not be stored; please send it again.";
    private const string Late = "is stored after all";

    private readonly ConversationRig _rig = new();
    private readonly ManualResetEventSlim _answers = new();
    private readonly TaskCompletionSource _hangs = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public UnansweredAppendTests()
    {
        // No file's event is stored while the gate is closed.
        _rig.Store.Appending = (_, json) => Hanging(json);
        foreach (var complaint in new[] { "has not answered in time", "Append failed", "AppendAll failed", "An action could not be stored", Late })
        {
            _rig.Log.Expect(complaint);
        }
    }

    public Task InitializeAsync() => Task.CompletedTask;

    async Task IAsyncLifetime.DisposeAsync() => await DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        _answers.Set();
        await _rig.DisposeAsync();
        _answers.Dispose();
    }

    [Fact]
    public async Task Action_StoredAfterTheLimit_IsShownOnceAndTold()
    {
        var told = new List<int>();
        _rig.Agent.OnStored = stored =>
        {
            told.Add(stored.Id);
            return new(true);
        };
        var (sender, other) = (await _rig.JoinAsync(), await _rig.JoinAsync());
        await ActAsync(sender, "late");
        await _hangs.Task.WaitAsync(TestLimits.Step);
        await ActAsync(other, "behind it");

        _rig.Clock.Advance(new FileStorageOptions().AppendTimeout + TimeSpan.FromMilliseconds(100));

        (await sender.ReadAsync()).Should().Be(Unknown);
        (await other.ReadAsync()).Should().Be(NotStored);
        told.Should().BeEmpty();
        _answers.Set();
        (await sender.ReadAsync()).Should().Be("0");
        (await other.ReadAsync()).Should().Be("0");
        await _rig.Log.WaitForAsync(Late);
        await ActAsync(other, "next");
        (await sender.ReadAsync()).Should().Be("1");
        (await other.ReadAsync()).Should().Be("1");
        told.Should().Equal(0, 1);
        (_rig.Stored(0)["args"]?["content"], _rig.IsStored(2)).Should().Be((new JValue("late"), false));
    }

    /// <summary>An agent that starts again after an error brings its events again.</summary>
    [Fact]
    public async Task Drafts_StoredAfterTheLimitAndBroughtAgain_AreStoredOnce()
    {
        var client = await _rig.JoinAsync();
        var conversation = await _rig.Agent.Started;
        var append = conversation.AppendAsync([new Draft("one"), new Draft("two")], CancellationToken.None).AsTask();
        await _hangs.Task.WaitAsync(TestLimits.Step);
        _rig.Clock.Advance(new FileStorageOptions().AppendTimeout + TimeSpan.FromMilliseconds(100));
        (await FluentActions.Awaiting(() => append.WaitAsync(TestLimits.Step)).Should().ThrowAsync<StorageException>())
            .Which.Failure.Should().Be(StorageFailure.Unknown);
        Draft[] again = [new("one"), new("two"), new("three")];

        var second = conversation.AppendAsync(again, CancellationToken.None).AsTask();
        _answers.Set();
        await second.WaitAsync(TestLimits.Step);

        again.Select(static draft => draft.Id).Should().Equal(0, 1, 2);
        (await client.ReadThroughAsync("2")).Should().Equal("0", "1", "2");
        _rig.Stored(1)["args"]?["content"].Should().BeEquivalentTo(new JValue("two"));
    }

    private static Task ActAsync(FakeClient client, string content) =>
        client.ActAsync($$$"""{"action": "message", "args": {"content": "{{{content}}}"}}""");

    private ReadOnlyMemory<byte> Hanging(ReadOnlyMemory<byte> json)
    {
        var gated = new GatedBytes(json, _answers);
        _ = gated.IsWaitedFor.ContinueWith(_ => _hangs.TrySetResult(), TaskScheduler.Default);
        return gated.Unseen;
    }

    private sealed class Draft(string content) : IEventDraft
    {
        public int Id { get; private set; } = -1;

        public EventSource Source => EventSource.Agent;

        public string SourceId => content;

        public JObject Resolve() => Drafts.Message(content);

        public void Appended(int id) => Id = id;
    }
}
