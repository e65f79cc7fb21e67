using Gateway.Conversations.Storage;
using Gateway.Conversations.Storage.Files;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Storage.Files;

/// <summary>What stands in a folder of V0's beside what the gateway reads.</summary>
public sealed class FileStoreContentsTests : IAsyncLifetime
{
    private TestedFiles? _store;

    private TestedFiles Store => _store ?? throw new InvalidOperationException("The test has not begun.");

    public async Task InitializeAsync() => _store = (TestedFiles)await TestedStore.CreateAsync(StorageKind.Files);

    public async Task DisposeAsync() => await Store.DisposeAsync();

    [Fact]
    public async Task ListForeignAsync_OfAConversation_NamesWhatIsNoneOfTheGateways()
    {
        await TestStore.AppendAsync(await Store.OpenAsync("c"), 0, 24);
        await Store.PutMetadataAsync("c", "{}");
        Put("sessions/c/agent_state.pkl", "sessions/c/j.jsonl", "sessions/c/.x-1.tmp", "sessions/c/events/007.json", "sessions/c/logs/1");
        Directory.CreateDirectory(Path.Join(Store.Root, "sessions/c/events/30.json"));

        var foreign = await Store.Contents.ListForeignAsync(TestStore.Key("c"), CancellationToken.None);

        foreign.Should().BeEquivalentTo(
        [
            new ForeignItem("agent_state.pkl"), new ForeignItem("logs/"), new ForeignItem("events/007.json"),
            new ForeignItem("events/30.json/", "it has an event's name and is a folder"),
        ]);
    }

    [Fact]
    public async Task ListForeignAsync_OfUsers_NamesWhatNoIdCanSay()
    {
        Put("sessions/c/metadata.json", "users/ada/conversations/c/metadata.json", "users/ada/settings.json", "users/ada/notes",
            "secrets.json", ".jwt_secret", ".gateway-deleted/1/metadata.json", "sessions/a b/metadata.json", "users/x@y/settings.json");
        const string noId = "its name is no id, so the gateway cannot serve it";

        (await ListAsync(null)).Should().BeEquivalentTo(
            [new ForeignItem(".jwt_secret"), new ForeignItem("sessions/a b/", noId), new ForeignItem("users/x@y/", noId)]);
        (await ListAsync("ada")).Should().BeEquivalentTo([new ForeignItem("notes")]);
    }

    [Theory]
    [InlineData(false, "events/0.json")]
    [InlineData(true, "sessions/c/metadata.json")]
    [InlineData(true, "users/ada/settings.json")]
    [InlineData(true, "secrets.json")]
    public void IsStore_Folder_IsOneByWhatV0MakesFirst(bool expected, string path)
    {
        Put(path);

        FileStoreContents.IsStore(Store.Root).Should().Be(expected);
    }

    private async Task<IReadOnlyList<ForeignItem>> ListAsync(string? user) => await Store.Contents.ListForeignAsync(
        user is null ? null : TestStore.Key(user).Id, CancellationToken.None);

    private void Put(params string[] paths)
    {
        foreach (var path in paths)
        {
            var file = new FileInfo(Path.Join(Store.Root, path));
            file.Directory!.Create();
            File.WriteAllText(file.FullName, "{}");
        }
    }
}
