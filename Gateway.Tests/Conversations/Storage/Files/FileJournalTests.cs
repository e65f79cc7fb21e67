using Gateway.Conversations.Storage;
using Gateway.Conversations.Storage.Files;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Storage.Files;

/// <summary>What is about files in a journal; what every journal does is in <see cref="JournalContract"/>.</summary>
public sealed class FileJournalTests : IDisposable
{
    private readonly TempStore _root = TempStore.Empty();

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData(Durability.Os)]
    [InlineData(Durability.Fsync)]
    internal async Task AppendAsync_SeveralTimes_IsReadInOrder(Durability durability)
    {
        var journal = Open(durability);

        await journal.AppendAsync(["a", "é", ""], CancellationToken.None);
        await journal.AppendAsync([], CancellationToken.None);
        await journal.AppendAsync(["b"], CancellationToken.None);

        (await ReadAsync(Open())).Should().Equal("a", "é", "", "b");
    }

    [Theory]
    [InlineData("a\nb\nto", new[] { "a", "b" })]
    [InlineData("torn", new string[0])]
    [InlineData("a\n", new[] { "a" })]
    public async Task AppendAsync_LastLineTornByACrash_TakesItsPlace(string content, string[] whole)
    {
        Directory.CreateDirectory(_root.PathOf("sessions", "c"));
        File.WriteAllText(Path(), content);

        (await ReadAsync(Open())).Should().Equal(whole);
        await Open().AppendAsync(["next"], CancellationToken.None);

        (await ReadAsync(Open())).Should().Equal([.. whole, "next"]);
        File.ReadAllText(Path()).Should().Be(string.Concat(whole.Append("next").Select(static line => line + "\n")));
    }

    [Fact]
    public async Task AppendAsync_LongTornLine_IsCutWhole()
    {
        Directory.CreateDirectory(_root.PathOf("sessions", "c"));
        File.WriteAllText(Path(), "a\n" + new string('x', 5_000));

        await Open().AppendAsync(["b"], CancellationToken.None);

        (await ReadAsync(Open())).Should().Equal("a", "b");
    }

    private static async Task<List<string>> ReadAsync(IJournal journal) => await journal.ReadAsync(CancellationToken.None).ToListAsync();

    private string Path() => _root.PathOf("sessions", "c", "j.jsonl");

    private IJournal Open(Durability durability = Durability.Os) =>
        TestStore.Journals(_root.Root, durability).Open(TestStore.Key("c"), "j.jsonl");
}
