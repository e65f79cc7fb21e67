using Gateway.Conversations.Runtime;
using Gateway.Conversations.Storage;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Runtime;

/// <summary>A page that is read before it is needed costs a slow client's gateway no memory.</summary>
public sealed class PageReadAheadTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly RemoteLog _log = new();

    [Fact]
    public async Task TakeAsync_InTime_GivesThePage()
    {
        var page = new PageReadAhead(_time).TryBegin(_log, 3, 9, CancellationToken.None)!;
        _log.Reads.Single().SetResult(_log.Page);

        (await page.TakeAsync()).Should().BeSameAs(_log.Page);
        page.Dispose();
        _log.IsFreed.Should().BeFalse("it is the taker's");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task TakeAsync_AfterASecond_GivesNothingAndThePageIsLetGo(bool isReadBefore)
    {
        var ahead = new PageReadAhead(_time);
        var page = ahead.TryBegin(_log, 0, 9, CancellationToken.None)!;
        if (isReadBefore)
        {
            _log.Reads.Single().SetResult(_log.Page);
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        (await page.TakeAsync()).Should().BeNull();
        if (!isReadBefore)
        {
            _log.Reads.Single().SetResult(_log.Page);
        }

        await Eventually.IsTrueAsync(() => _log.IsFreed, "nobody wants it");
    }

    [Fact]
    public async Task TryBegin_AsManyAsMayWait_BeginsNoMoreUntilOneIsGone()
    {
        var ahead = new PageReadAhead(_time);
        var pages = Enumerable.Range(0, PageReadAhead.MaxPages)
            .Select(_ => ahead.TryBegin(_log, 0, 9, CancellationToken.None)!).ToList();
        ahead.TryBegin(_log, 0, 9, CancellationToken.None).Should().BeNull();

        _log.Reads[0].SetException(new StorageException(StorageFailure.TimedOut, "away"));
        await pages[0].Awaiting(static page => page.TakeAsync().AsTask()).Should().ThrowAsync<StorageException>();
        var next = ahead.TryBegin(_log, 0, 9, CancellationToken.None);
        next.Should().NotBeNull();

        _log.Reads[1].SetException(new StorageException(StorageFailure.TimedOut, "away"));
        pages[1].Dispose();
        await Eventually.IsTrueAsync(
            () => ahead.TryBegin(_log, 0, 9, CancellationToken.None) is not null, "what nobody wants makes room, too");
    }

    [Fact]
    public void TryBegin_NothingFollowsOrReadingIsNear_BeginsNothing()
    {
        var ahead = new PageReadAhead(_time);
        ahead.TryBegin(_log, 10, 9, CancellationToken.None).Should().BeNull();
        _log.IsRemote = false;
        ahead.TryBegin(_log, 0, 9, CancellationToken.None).Should().BeNull();
        _log.Reads.Should().BeEmpty();
    }

    /// <summary>A log whose reads end when the test says so. Used by one test.</summary>
    private sealed class RemoteLog : IEventLog
    {
        public RemoteLog() => Page = new EventPage([], [], 10, new Memory(() => IsFreed = true));

        public EventPage Page { get; }

        public bool IsFreed { get; private set; }

        public List<TaskCompletionSource<EventPage>> Reads { get; } = [];

        public bool IsRemote { get; set; } = true;

        public int Head => 9;

        public ValueTask<EventPage> ReadAsync(int fromId, int throughId, CancellationToken cancellationToken)
        {
            Reads.Add(new TaskCompletionSource<EventPage>());
            return new ValueTask<EventPage>(Reads[^1].Task);
        }

        public ValueTask<int> RefreshAsync(int claimedId, CancellationToken cancellationToken) => new(Head);

        public ValueTask<bool> TryAppendAsync(int id, ReadOnlyMemory<byte> json, CancellationToken cancellationToken) => new(false);

        public IDisposable Watch(Action onGrown) => new Memory(static () => { });

        private sealed class Memory(Action onFreed) : IDisposable
        {
            public void Dispose() => onFreed();
        }
    }
}
