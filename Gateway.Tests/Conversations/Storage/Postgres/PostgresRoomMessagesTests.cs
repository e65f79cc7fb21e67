using System.Text;
using System.Threading.Channels;

using Gateway.Conversations;
using Gateway.Conversations.Storage;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Storage.Postgres;

/// <summary>What gateways say to one another about a conversation reaches all the others, in order, once.</summary>
public sealed class PostgresRoomMessagesTests : IAsyncLifetime
{
    private static readonly ConversationKey s_key = TestStore.Key("c");

    private readonly Channel<string> _heard = Channel.CreateUnbounded<string>();
    private TestedDatabase _database = null!; // Set before each test.
    private TestedNode _speaker = null!; // Set before each test.

    public async Task InitializeAsync()
    {
        _database = await TestedDatabase.CreateAsync();
        _speaker = await TestedNode.StartAsync(_database);
        await _database.PutConversationAsync("c");
    }

    public async Task DisposeAsync()
    {
        await _speaker.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Post_ManyMessages_AreHeardByNoticeInOrder()
    {
        await using var listener = await TestedNode.StartAsync(_database, "listener");
        _speaker.Rooms.Post(s_key, Show("before"));
        await Eventually.IsTrueAsync(
            async () => await _database.ExecuteAsync("SELECT count(*) FROM gateway.messages") is 1L, "it is stored");
        using var watch = await WatchAsync(listener);

        for (var n = 0; n < 300; n++)
        {
            _speaker.Rooms.Post(s_key, Show($"{n}"));
        }

        (await HeardAsync(300)).Should().Equal(Enumerable.Range(0, 300).Select(static n => $"{n}"));
    }

    [Fact]
    public async Task SendAsync_NobodyListens_IsHeardByTheLook()
    {
        await using var listener = await TestedNode.StartAsync(_database);
        using var watch = await WatchAsync(listener);

        (await _speaker.Rooms.SendAsync(s_key, Show("hello"), CancellationToken.None)).Should().BeTrue();
        await Eventually.IsTrueAsync(
            () =>
            {
                listener.Clock.Advance(TimeSpan.FromSeconds(2));
                return _heard.Reader.Count > 0;
            },
            "it is heard");

        (await HeardAsync(1)).Should().Equal("hello");
    }

    [Fact]
    public async Task SendAsync_ByTheWatcherItself_IsNotHeard()
    {
        await using var listener = await TestedNode.StartAsync(_database, "listener");
        using var watch = await WatchAsync(listener);

        await listener.Rooms.SendAsync(s_key, Show("mine"), CancellationToken.None);
        await _speaker.Rooms.SendAsync(s_key, Show("another's"), CancellationToken.None);

        (await HeardAsync(1)).Should().Equal("another's");
    }

    [Fact]
    public async Task SendAsync_UnknownConversation_IsSaidAndStoresNothing()
    {
        (await _speaker.Rooms.SendAsync(TestStore.Key("unknown"), Show("hello"), CancellationToken.None)).Should().BeFalse();

        (await _database.ExecuteAsync("SELECT count(*) FROM gateway.messages")).Should().Be(0L);
    }

    [Fact]
    public async Task TryTakeAsync_ByTwo_IsOnesAlone()
    {
        await using var other = await TestedNode.StartAsync(_database);
        var action = RoomMessage.Create(RoomMessageKind.Action, "{}"u8.ToArray());
        await _speaker.Rooms.SendAsync(s_key, action, CancellationToken.None);
        (await other.Rooms.ListAsync(s_key, CancellationToken.None)).Should()
            .ContainSingle(one => one.Action.Id == action.Id && !one.IsBegun);

        var taken = await Task.WhenAll(new[] { _speaker, other, _speaker, other }
            .Select(node => node.Rooms.TryTakeAsync(s_key, action, CancellationToken.None).AsTask()));

        taken.Should().ContainSingle(static isTaken => isTaken);
        (await other.Rooms.ListAsync(s_key, CancellationToken.None)).Should().ContainSingle(static one => one.IsBegun);
        await other.Rooms.AnswerAsync(s_key, action, "no", CancellationToken.None);
        (await other.Rooms.ListAsync(s_key, CancellationToken.None)).Should().BeEmpty();
    }

    /// <summary>Who has not heard that it was sent sends it again, maybe when it has its answer already.</summary>
    [Fact]
    public async Task SendAsync_ActionThatHasItsAnswer_IsNotThereAgain()
    {
        await using var other = await TestedNode.StartAsync(_database);
        var action = RoomMessage.Create(RoomMessageKind.Action, "{}"u8.ToArray());
        await _speaker.Rooms.SendAsync(s_key, action, CancellationToken.None);
        (await other.Rooms.TryTakeAsync(s_key, action, CancellationToken.None)).Should().BeTrue();
        await other.Rooms.AnswerAsync(s_key, action, null, CancellationToken.None);

        await _speaker.Rooms.SendAsync(s_key, action, CancellationToken.None);

        (await other.Rooms.ListAsync(s_key, CancellationToken.None)).Should().BeEmpty();
        (await other.Rooms.TryTakeAsync(s_key, action, CancellationToken.None)).Should().BeFalse("it was done");
    }

    [Fact]
    public async Task AnswerAsync_IsHeardWithTheNameOfItsAction()
    {
        await using var listener = await TestedNode.StartAsync(_database, "listener");
        using var watch = await WatchAsync(listener);
        var action = RoomMessage.Create(RoomMessageKind.Action, "{}"u8.ToArray());

        await listener.Rooms.SendAsync(s_key, action, CancellationToken.None);
        await _speaker.Rooms.AnswerAsync(s_key, action, "no", CancellationToken.None);

        (await HeardAsync(1)).Should().Equal($"{action.Id} no");
    }

    [Fact]
    public async Task Watch_DeletedConversation_IsToldToClose()
    {
        await using var listener = await TestedNode.StartAsync(_database);
        await TestStore.AppendAsync(await _speaker.OpenAsync("c"), 0, 0);
        using var watch = (await listener.OpenAsync("c")).Watch(static () => { });
        using var room = await WatchAsync(listener);

        await _database.Catalogue.DeleteAsync(s_key, CancellationToken.None);
        await Eventually.IsTrueAsync(
            () =>
            {
                listener.Clock.Advance(TimeSpan.FromSeconds(2));
                return _heard.Reader.Count > 0;
            },
            "it is heard");

        (await HeardAsync(1)).Should().Equal("Close Deleted");
    }

    /// <summary>Nobody has been in the room yet, and then somebody has.</summary>
    [Fact]
    public async Task WatchAsync_AfterSomethingThatWaits_IsToldOfItUntilSomebodyHasCome()
    {
        foreach (var text in new[] { "one", "two" })
        {
            await _speaker.Rooms.SendAsync(
                s_key, RoomMessage.Create(RoomMessageKind.Wait, Encoding.UTF8.GetBytes(text)), CancellationToken.None);
            await _speaker.Rooms.SendAsync(s_key, Show("now"), CancellationToken.None);
        }

        await using var other = await TestedNode.StartAsync(_database);
        (await WatchAsync(other, TimeSpan.Zero)).Dispose();
        (await WatchAsync(other)).Dispose();
        (await HeardAsync(2)).Should().Equal("Wait one", "Wait two");
        await _speaker.Rooms.SendAsync(
            s_key, RoomMessage.Create(RoomMessageKind.Joined, ReadOnlyMemory<byte>.Empty), CancellationToken.None);
        (await WatchAsync(other)).Dispose();
        await _speaker.Rooms.SendAsync(
            s_key, RoomMessage.Create(RoomMessageKind.Wait, "three"u8.ToArray()), CancellationToken.None);
        (await WatchAsync(other)).Dispose();

        (await HeardAsync(1)).Should().Equal("Wait three");
    }

    private static RoomMessage Show(string text) => RoomMessage.Create(RoomMessageKind.Show, Encoding.UTF8.GetBytes(text));

    private static string Describe(RoomMessage message)
    {
        var text = Encoding.UTF8.GetString(message.Body.Span);
        return message.Kind switch
        {
            RoomMessageKind.Show => text,
            RoomMessageKind.Answer => $"{message.Id} {text}",
            _ => $"{message.Kind} {text}",
        };
    }

    private async Task<IDisposable> WatchAsync(TestedNode node, TimeSpan? waitTime = null) => await node.Rooms.WatchAsync(
        s_key,
        waitTime ?? TimeSpan.FromSeconds(30),
        message => _heard.Writer.TryWrite(Describe(message)),
        static () => { },
        CancellationToken.None);

    private async Task<List<string>> HeardAsync(int count)
    {
        var heard = new List<string>();
        while (heard.Count < count)
        {
            heard.Add(await _heard.Reader.ReadAsync().AsTask().WaitAsync(TestLimits.Step));
        }

        _heard.Reader.Count.Should().Be(0);
        return heard;
    }
}
