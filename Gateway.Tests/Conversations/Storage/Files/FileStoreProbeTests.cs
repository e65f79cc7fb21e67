using Gateway.Conversations.Storage;
using Gateway.Conversations.Storage.Files;
using Gateway.Tests.Support;

using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Gateway.Tests.Conversations.Storage.Files;

/// <summary>Whether the store's folder can be had: what readiness is made of.</summary>
public sealed class FileStoreProbeTests : IDisposable
{
    private readonly TempStore _folder = TempStore.Empty();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("made/with/the/first/conversation")]
    public async Task Probe_AFolderThatIsThereOrCanBeMade_IsGood(string root) => (await ProbeAsync(root)).Should().BeNull();

    [Theory]
    [InlineData("file")]
    [InlineData("file/store")]
    [InlineData("dangling")]
    public async Task Probe_SomethingElseUnderTheFoldersName_IsSaid(string root)
    {
        await File.WriteAllTextAsync(_folder.PathOf("file"), "");
        File.CreateSymbolicLink(_folder.PathOf("dangling"), _folder.PathOf("nowhere"));

        (await ProbeAsync(root)).Should().Be("the store is no folder");
    }

    [Fact]
    public async Task Probe_AFolderThatAFileHasReplaced_IsSaid()
    {
        (await ProbeAsync("store")).Should().BeNull();
        Directory.CreateDirectory(_folder.PathOf("store"));
        (await ProbeAsync("store")).Should().BeNull();
        Directory.Delete(_folder.PathOf("store"));
        await File.WriteAllTextAsync(_folder.PathOf("store"), "");

        (await ProbeAsync("store")).Should().Be("the store is no folder");
    }

    private async Task<string?> ProbeAsync(string root)
    {
        var options = Options.Create(new FileStorageOptions { Root = _folder.PathOf(root) });
        using var threads = new StorageThreads(options, TimeProvider.System, NullLogger<StorageThreads>.Instance);
        try
        {
            await new FileStoreProbe(options, threads).ProbeAsync(CancellationToken.None).AsTask().WaitAsync(TestLimits.Step);
            return null;
        }
        catch (StorageException exception)
        {
            return exception.Message;
        }
    }
}
