using Gateway.Conversations.Storage;
using Gateway.Conversations.Storage.Files;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Storage.Files;

/// <summary>What stands in a folder of V0's beside what the gateway reads.</summary>
public sealed class FileStoreContentsTests : IAsyncLifetime
{
    private readonly TestedFiles _store = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Fact]
    public async Task ListForeignAsync_OfAConversation_NamesWhatIsNoneOfTheGateways()
    {
        await TestStore.AppendAsync(await _store.OpenAsync("c"), 0, 24);
        await _store.PutMetadataAsync("c", "{}");
        Put("sessions/c/agent_state.pkl", "sessions/c/j.jsonl", "sessions/c/.x-1.tmp", "sessions/c/events/007.json", "sessions/c/logs/1");
        Directory.CreateDirectory(Path.Join(_store.Root, "sessions/c/events/30.json"));

        var foreign = await _store.Contents.ListForeignAsync(TestStore.Key("c"), CancellationToken.None);

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

        FileStoreContents.IsStore(_store.Root).Should().Be(expected);
    }

    private async Task<IReadOnlyList<ForeignItem>> ListAsync(string? user) => await _store.Contents.ListForeignAsync(
        user is null ? null : TestStore.Key(user).Id, CancellationToken.None);

    private void Put(params string[] paths)
    {
        foreach (var path in paths)
        {
            var file = new FileInfo(Path.Join(_store.Root, path));
            file.Directory!.Create();
            File.WriteAllText(file.FullName, "{}");
        }
    }
}
