using Gateway.Conversations.Storage;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Conversations.Storage;

/// <summary>What is done with users' documents, in every store.</summary>
public abstract class UserDocumentsContract : StoreContract
{
    private protected UserDocumentsContract(StorageKind kind)
        : base(kind)
    {
    }

    [Fact]
    public async Task Read_NothingStored_IsNull() => (await ReadAsync()).Should().BeNull();

    [Fact]
    public async Task TryWrite_ReadVersion_ReplacesWhatWasRead()
    {
        await WriteAsync(new JObject { ["a"] = 1 }, null);
        var stored = await ReadAsync();

        (await WriteAsync(new JObject { ["a"] = 2 }, stored!.Version)).Should().BeTrue();

        (await ReadAsync())!.Json.Value<int>("a").Should().Be(2);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("another")]
    public async Task TryWrite_StoredMeanwhile_LeavesItAsItIs(string? expectedVersion)
    {
        await Store.PutDocumentAsync(UserDocument.Settings, """{"a":1}""");

        (await WriteAsync(new JObject { ["a"] = 2 }, expectedVersion)).Should().BeFalse();

        (await Store.ContentOfAsync(UserDocument.Settings)).Should().Be("""{"a":1}""");
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("{\"a\":", "damaged")]
    [InlineData("[]", "damaged")]
    [InlineData("\uFEFF{}", "damaged")]
    public async Task Read_Damaged_SaysSoWithoutWhatIsInIt(string content, string expected)
    {
        await Store.PutDocumentAsync(UserDocument.Settings, content);

        await FluentActions.Awaiting(() => ReadAsync())
            .Should().ThrowAsync<InvalidDataException>().WithMessage($"The user's Settings are {expected}.");
    }

    [Fact]
    public async Task TryWrite_Damaged_LeavesItAsItIs()
    {
        await Store.PutDocumentAsync(UserDocument.Settings, "{");

        (await WriteAsync([], null)).Should().BeFalse();

        (await Store.ContentOfAsync(UserDocument.Settings)).Should().Be("{");
    }

    [Fact]
    public async Task TryWrite_ManyAtOnce_OneOfEachRoundWins()
    {
        await WriteAsync(new JObject { ["n"] = 0 }, null);

        await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            while (await ReadAsync() is { } stored
                && !await WriteAsync(new JObject { ["n"] = stored.Json.Value<int>("n") + 1 }, stored.Version))
            {
            }
        }));

        (await ReadAsync())!.Json.Value<int>("n").Should().Be(20);
    }

    [Fact]
    public async Task TryWrite_NothingStored_WritesCompactJson()
    {
        (await WriteAsync(new JObject { ["language"] = "d\u00e9" }, null)).Should().BeTrue();

        (await Store.ContentOfAsync(UserDocument.Settings)).Should().Be("""{"language":"dé"}""");
    }

    [Fact]
    public async Task Read_ChangedBySomebodyElse_IsWhatStandsThereNow()
    {
        await Store.PutDocumentAsync(UserDocument.Settings, """{"a":1}""");
        (await ReadAsync())!.Json.Value<int>("a").Should().Be(1);

        await Store.PutDocumentAsync(UserDocument.Settings, """{"a":2}""");

        (await ReadAsync())!.Json.Value<int>("a").Should().Be(2);
    }

    [Fact]
    public async Task TryWrite_OfAUser_IsThatUsersAlone()
    {
        var ada = TestStore.Key("ada").Id;

        await Store.Documents.TryWriteAsync(UserDocument.Secrets, ada, new JObject { ["a"] = 1 }, null, CancellationToken.None);

        (await Store.Documents.ReadAsync(UserDocument.Secrets, ada, CancellationToken.None)).Should().NotBeNull();
        (await Store.Documents.ReadAsync(UserDocument.Secrets, null, CancellationToken.None)).Should().BeNull();
        (await Store.Documents.ReadAsync(UserDocument.Settings, ada, CancellationToken.None)).Should().BeNull();
    }

    private Task<StoredDocument?> ReadAsync() =>
        Store.Documents.ReadAsync(UserDocument.Settings, null, CancellationToken.None).AsTask().WaitAsync(TestLimits.Step);

    private Task<bool> WriteAsync(JObject json, string? expectedVersion) =>
        Store.Documents.TryWriteAsync(UserDocument.Settings, null, json, expectedVersion, CancellationToken.None).AsTask()
            .WaitAsync(TestLimits.Step);
}
