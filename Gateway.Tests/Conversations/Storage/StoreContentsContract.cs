using System.Text;

using Gateway.Conversations;
using Gateway.Conversations.Storage;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Storage;

/// <summary>What every store gives to who moves it.</summary>
public abstract class StoreContentsContract : StoreContract
{
    private static readonly byte[] s_damaged = "{\"title\":"u8.ToArray();

    private protected StoreContentsContract(StorageKind kind)
        : base(kind)
    {
    }

    private static CancellationToken None => CancellationToken.None;

    [Fact]
    public async Task Lists_EmptyStore_AreEmpty()
    {
        (await Store.Contents.ListUsersAsync(None)).Should().Equal([null]);
        (await ListAsync(null)).Should().BeEmpty();
        (await Store.Contents.ListJournalsAsync(TestStore.Key("c"), None)).Should().BeEmpty();
        (await Store.Contents.ReadMetadataAsync(TestStore.Key("c"), None)).Should().BeNull();
        (await Store.Contents.ReadDocumentAsync(UserDocument.Secrets, null, None)).Should().BeNull();
        (await Store.CountAsync()).Should().Be(0);
    }

    [Fact]
    public async Task Lists_Anything_IsThereInOrderOfNames()
    {
        await Store.PutConversationAsync("nothing-said");
        await TestStore.AppendAsync(await Store.OpenAsync("b"), 0, 0);
        await Store.Journals.Open(TestStore.Key("B"), "j.jsonl").AppendAsync(["line"], None);
        await Store.Contents.TryWriteMetadataAsync(TestStore.Key("c", "zoe"), s_damaged, null, None);
        await Store.Contents.TryWriteDocumentAsync(UserDocument.Settings, TestStore.Key("ada").Id, s_damaged, null, None);

        (await Store.Contents.ListUsersAsync(None)).Select(static user => user?.Value).Should().Equal(null, "ada", "zoe");
        (await ListAsync(null)).Should().Equal("B", "b", "nothing-said");
        (await ListAsync("zoe")).Should().Equal("c");
        (await ListAsync("ada")).Should().BeEmpty();
    }

    [Fact]
    public async Task ListConversationsAsync_ManyOfThem_GivesEachOnce()
    {
        var ids = Enumerable.Range(0, 1_001).Select(static n => $"c{n:0000}").ToList();
        await Parallel.ForEachAsync(ids, async (id, _) => await Store.PutConversationAsync(id));

        (await ListAsync(null)).Should().Equal(ids);
    }

    [Fact]
    public async Task ListJournalsAsync_SeveralJournals_GivesTheirNames()
    {
        foreach (var name in new[] { "b.jsonl", "a_1.jsonl" })
        {
            await Store.Journals.Open(TestStore.Key("c"), name).AppendAsync(["1", "2"], None);
        }

        (await Store.Contents.ListJournalsAsync(TestStore.Key("c"), None)).Should().Equal("a_1.jsonl", "b.jsonl");
        (await Store.Contents.ListForeignAsync(TestStore.Key("c"), None)).Should().BeEmpty();
    }

    [Fact]
    public async Task TryWriteMetadataAsync_AnyBytes_AreReadBackAndHarmTheirConversationAlone()
    {
        var key = TestStore.Key("c");

        (await Store.Contents.TryWriteMetadataAsync(key, s_damaged, null, None)).Should().BeTrue();
        (await Store.Contents.TryWriteMetadataAsync(key, "{}"u8.ToArray(), null, None)).Should().BeFalse("there is some");

        (await Store.Contents.ReadMetadataAsync(key, None)).Should().Equal(s_damaged);
        (await Store.Catalogue.ListAsync(null, 0, 10, None)).Damaged.Should().ContainSingle()
            .Which.Problem.Should().Be("its metadata is damaged");
    }

    [Fact]
    public async Task TryWriteMetadataAsync_ByVersion_ReplacesThatVersionAlone()
    {
        var key = TestStore.Key("c");
        var sound = Encoding.UTF8.GetBytes("""{ "conversation_id":"c", "selected_repository":null, "created_at":"2025-01-01" }""");
        await Store.Contents.TryWriteMetadataAsync(key, s_damaged, null, None);

        (await Store.Contents.TryWriteMetadataAsync(key, sound, DocumentBytes.Version("{}"u8), None)).Should().BeFalse();
        (await Store.Contents.TryWriteMetadataAsync(key, sound, DocumentBytes.Version(s_damaged), None)).Should().BeTrue();

        (await Store.Contents.ReadMetadataAsync(key, None)).Should().Equal(sound);
        (await Store.Catalogue.ListAsync(null, 0, 10, None)).Entries.Should().ContainSingle();
    }

    [Fact]
    public async Task TryWriteDocumentAsync_ByVersion_ReplacesThatVersionAlone()
    {
        var user = TestStore.Key("ada").Id;

        (await WriteAsync(s_damaged, null)).Should().BeTrue();
        (await WriteAsync("{}"u8.ToArray(), null)).Should().BeFalse();
        (await WriteAsync("{}"u8.ToArray(), DocumentBytes.Version("[]"u8))).Should().BeFalse();
        (await WriteAsync("{ }"u8.ToArray(), DocumentBytes.Version(s_damaged))).Should().BeTrue();

        (await Store.Contents.ReadDocumentAsync(UserDocument.Secrets, user, None)).Should().Equal("{ }"u8.ToArray());
        (await Store.Contents.ReadDocumentAsync(UserDocument.Settings, user, None)).Should().BeNull();
        (await Store.Contents.ReadDocumentAsync(UserDocument.Secrets, null, None)).Should().BeNull();

        async Task<bool> WriteAsync(byte[] content, string? version) =>
            await Store.Contents.TryWriteDocumentAsync(UserDocument.Secrets, user, content, version, None);
    }

    private async Task<List<string>> ListAsync(string? user)
    {
        ConversationId? userId = user is null ? null : TestStore.Key(user).Id;
        return await Store.Contents.ListConversationsAsync(userId, None).Select(static id => id.Value).ToListAsync();
    }
}
