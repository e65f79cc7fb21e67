using System.IO.Compression;

namespace Gateway.Conversations.Workspaces.Local;

/// <summary>
/// A workspace's files as a ZIP that is made while it is sent. Links, pipes and devices are left out, and empty folders, as with V0. What
/// changes meanwhile goes in as it is found. Used by one caller.
/// </summary>
internal sealed class FolderArchive : WorkspaceArchive
{
    private const int BlockBytes = 128 * 1_024;

    private readonly FolderFiles _files;
    private readonly WorkspaceCalls _calls;

    private FolderArchive(FolderFiles files, WorkspaceCalls calls)
    {
        _files = files;
        _calls = calls;
    }

    /// <summary>Counts the files first, so that one that is too large is refused before its first byte.</summary>
    public static async ValueTask<WorkspaceResult<WorkspaceArchive>> OpenAsync(
        WorkspaceTree tree, WorkspaceOptions options, WorkspaceCalls calls, CancellationToken cancellationToken)
    {
        var archive = new FolderArchive(new FolderFiles(tree), calls);
        var isOpen = false;
        try
        {
            var (count, bytes) = (0, 0L);
            for (var isMore = true; isMore;)
            {
                var some = await calls.RunAsync(archive._files, static files => files.CountSome(), cancellationToken);
                (count, bytes, isMore) = (count + some.Count, bytes + some.Bytes, some.IsMore);
                if (count > options.MaxEntries || bytes > options.MaxArchiveBytes)
                {
                    return new WorkspaceError(WorkspaceFailure.TooLarge, "", "The workspace is too large");
                }
            }

            isOpen = true;
            return archive;
        }
        finally
        {
            if (!isOpen)
            {
                await archive.DisposeAsync();
            }
        }
    }

    public override async Task WriteAsync(Stream output, CancellationToken cancellationToken)
    {
        await using var deferred = new DeferredWriteStream(output);
        await WriteFilesAsync(deferred, cancellationToken);
        await deferred.FlushAsync(cancellationToken);
    }

    public override async ValueTask DisposeAsync()
    {
        await _calls.DisposeAsync(_files);
        await base.DisposeAsync();
    }

    private async Task WriteFilesAsync(Stream output, CancellationToken cancellationToken)
    {
        await using var archive = await ZipArchive.CreateAsync(
            output, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancellationToken);
        var call = (Files: _files, Block: new byte[BlockBytes]);
        while (await _calls.RunAsync(call, static call => call.Files.OpenNext(call.Block), cancellationToken) is { } file)
        {
            var entry = archive.CreateEntry(file.Path, CompressionLevel.Fastest);
            entry.LastWriteTime = file.LastWriteTime;
            entry.ExternalAttributes = (0x8000 | (int)file.Mode) << 16;
            await using var target = await entry.OpenAsync(cancellationToken);
            for (var length = file.FirstLength; length > 0;)
            {
                await target.WriteAsync(call.Block.AsMemory(0, length), cancellationToken);
                length = await _calls.RunAsync(call, static call => call.Files.ReadOn(call.Block), cancellationToken);
            }
        }
    }
}
