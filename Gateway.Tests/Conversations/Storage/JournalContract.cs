using Gateway.Conversations.Storage;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Storage;

/// <summary>What a journal does, in every store.</summary>
public abstract class JournalContract : StoreContract
{
    private protected JournalContract(StorageKind kind)
        : base(kind)
    {
    }

    [Fact]
    public async Task ReadAsync_NothingAppended_IsEmptyAndWritesNothing()
    {
        (await ReadAsync(Open())).Should().BeEmpty();

        (await Store.CountAsync()).Should().Be(0);
    }

    [Fact]
    public async Task ReplaceAsync_AfterAppends_LeavesItsLinesAlone()
    {
        var journal = Open();
        await journal.AppendAsync(["a", "b"], CancellationToken.None);

        await journal.ReplaceAsync(["c"], CancellationToken.None);
        await journal.AppendAsync(["d"], CancellationToken.None);

        (await ReadAsync(journal)).Should().Equal("c", "d");
    }

    [Fact]
    public async Task AppendAsync_SeveralTimes_IsReadInOrder()
    {
        var journal = Open();

        await journal.AppendAsync(["a", "\u00e9\0", ""], CancellationToken.None);
        await journal.AppendAsync([], CancellationToken.None);
        await journal.AppendAsync(["b"], CancellationToken.None);
        await Open().AppendAsync(["c"], CancellationToken.None);

        (await ReadAsync(Open())).Should().Equal("a", "\u00e9\0", "", "b", "c");
    }

    [Fact]
    public async Task ReplaceAsync_WithNothing_LeavesNothing()
    {
        var journal = Open();
        await journal.AppendAsync(["a"], CancellationToken.None);

        await journal.ReplaceAsync([], CancellationToken.None);

        (await ReadAsync(Open())).Should().BeEmpty();
    }

    [Fact]
    public async Task ReadAsync_ManyLines_GivesThemAll()
    {
        var lines = Enumerable.Range(0, 2_500).Select(static n => $"line {n}").ToList();

        await Open().AppendAsync(lines, CancellationToken.None);

        (await ReadAsync(Open())).Should().Equal(lines);
    }

    [Fact]
    public async Task AppendAsync_ToJournalsOfOtherNamesAndConversations_KeepsThemApart()
    {
        await Open().AppendAsync(["a"], CancellationToken.None);
        await Store.Journals.Open(TestStore.Key("c"), "other").AppendAsync(["b"], CancellationToken.None);
        await Store.Journals.Open(TestStore.Key("c", "user"), "j.jsonl").AppendAsync(["c"], CancellationToken.None);

        (await ReadAsync(Open())).Should().Equal("a");
    }

    private static async Task<List<string>> ReadAsync(IJournal journal) => await journal.ReadAsync(CancellationToken.None).ToListAsync();

    private IJournal Open() => Store.Journals.Open(TestStore.Key("c"), "j.jsonl");
}
