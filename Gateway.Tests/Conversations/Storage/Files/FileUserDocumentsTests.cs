using Gateway.Conversations;
using Gateway.Conversations.Storage;
using Gateway.Conversations.Storage.Files;
using Gateway.Tests.Support;

using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Conversations.Storage.Files;

/// <summary>Settings and secrets in V0's files: whole or not at all, and what is read is what stands there now.</summary>
public sealed class FileUserDocumentsTests : IDisposable
{
    private readonly TempStore _store = TempStore.Empty();
    private readonly StorageThreads _threads;
    private readonly FileUserDocuments _documents;

    public FileUserDocumentsTests()
    {
        var options = Options.Create(new FileStorageOptions { Root = _store.Root });
        _threads = new StorageThreads(options, TimeProvider.System, NullLogger<StorageThreads>.Instance);
        _documents = new FileUserDocuments(options, _threads, TimeProvider.System);
    }

    private string SettingsFile => _store.PathOf("settings.json");

    public void Dispose()
    {
        _threads.Dispose();
        _store.Dispose();
    }

    [Fact]
    public async Task TryWrite_NothingStored_WritesCompactJsonAndNoOtherFile()
    {
        (await WriteAsync(new JObject { ["language"] = "dé" }, null)).Should().BeTrue();

        (await File.ReadAllTextAsync(SettingsFile)).Should().Be("""{"language":"dé"}""");
        Directory.GetFileSystemEntries(_store.Root).Should().Equal(SettingsFile);
    }

    [Fact]
    public async Task TryWrite_DeletedMeanwhile_WritesNothing()
    {
        await WriteAsync([], null);
        var stored = await ReadAsync();
        File.Delete(SettingsFile);

        (await WriteAsync(new JObject { ["a"] = 2 }, stored!.Version)).Should().BeFalse();

        File.Exists(SettingsFile).Should().BeFalse();
    }

    [Fact]
    public async Task Read_UnchangedFile_IsKeptInMemory()
    {
        await File.WriteAllTextAsync(SettingsFile, """{"a":1}""");
        File.SetLastWriteTimeUtc(SettingsFile, DateTime.UnixEpoch);

        (await ReadAsync()).Should().BeSameAs(await ReadAsync());
    }

    /// <summary>The file's time has steps: what was written a moment ago may have the time of what was read before.</summary>
    [Fact]
    public async Task Read_WrittenOverInTheSameMomentWithTheSameLength_IsReadAgain()
    {
        for (var i = 0; i < 50; i++)
        {
            var json = $$"""{"a":{{i % 10}}}""";
            await File.WriteAllTextAsync(SettingsFile, json);

            (await ReadAsync())!.Json.ToString(Newtonsoft.Json.Formatting.None).Should().Be(json);
        }
    }

    [Fact]
    public async Task Read_ReplacedByHand_IsReadAgain()
    {
        await File.WriteAllTextAsync(SettingsFile, """{"a":1}""");
        File.SetLastWriteTimeUtc(SettingsFile, DateTime.UnixEpoch);
        await ReadAsync();
        await File.WriteAllTextAsync(_store.PathOf("new"), """{"a":2}""");

        File.Move(_store.PathOf("new"), SettingsFile, overwrite: true);

        (await ReadAsync())!.Json.Value<int>("a").Should().Be(2);
    }

    [Fact]
    public async Task Read_DeletedByHand_IsNull()
    {
        await WriteAsync([], null);
        await ReadAsync();

        File.Delete(SettingsFile);

        (await ReadAsync()).Should().BeNull();
    }

    [Fact]
    public async Task Read_WhileItIsWrittenInPlace_WaitsForTheWholeOfIt()
    {
        await using var writer = new FileStream(SettingsFile, FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
        writer.Write("""{"a":"""u8);
        writer.Flush();
        var reading = ReadAsync();

        writer.Write("1}"u8);
        writer.Flush();

        (await reading)!.Json.Value<int>("a").Should().Be(1);
    }

    [Fact]
    public async Task ReadAndTryWrite_AFolderInTheFilesPlace_FailAndLeaveNothing()
    {
        Directory.CreateDirectory(SettingsFile);

        await FluentActions.Awaiting(() => ReadAsync()).Should().ThrowAsync<Exception>();
        await FluentActions.Awaiting(() => WriteAsync([], null)).Should().ThrowAsync<Exception>();

        Directory.GetFileSystemEntries(_store.Root, "*", SearchOption.AllDirectories).Should().Equal(SettingsFile);
    }

    [Fact]
    public async Task TryWrite_OfAUser_StandsInTheUsersFolder()
    {
        ConversationId.TryParse("ada", out var ada).Should().BeTrue();

        await _documents.TryWriteAsync(UserDocument.Secrets, ada, new JObject { ["a"] = 1 }, null, CancellationToken.None);

        File.Exists(_store.PathOf("users", "ada", "secrets.json")).Should().BeTrue();
        (await _documents.ReadAsync(UserDocument.Secrets, ada, CancellationToken.None)).Should().NotBeNull();
        (await _documents.ReadAsync(UserDocument.Secrets, null, CancellationToken.None)).Should().BeNull();
    }

    private Task<StoredDocument?> ReadAsync() =>
        _documents.ReadAsync(UserDocument.Settings, null, CancellationToken.None).AsTask().WaitAsync(TestLimits.Step);

    private Task<bool> WriteAsync(JObject json, string? expectedVersion) =>
        _documents.TryWriteAsync(UserDocument.Settings, null, json, expectedVersion, CancellationToken.None).AsTask()
            .WaitAsync(TestLimits.Step);
}
