using System.Text;

using Gateway.Primitives.Json;

namespace Gateway.Conversations.Storage.Files;

/// <summary>What a document's file was found to hold. Immutable.</summary>
/// <param name="Stored">Null when there is no file, or none that can be used.</param>
/// <param name="Damaged">What it holds instead of a JSON object.</param>
/// <param name="IsTooLarge">It was not read.</param>
/// <param name="IsBeingWritten">It cannot be used, and was written a moment ago: by somebody who is still at it, most likely.</param>
internal readonly record struct DocumentRead(
    StoredDocument? Stored, string? Damaged = null, bool IsTooLarge = false, bool IsBeingWritten = false);

/// <summary>
/// Reads the files of stored documents. V0, and people with an editor, empty a file and write it in its place: what looks like that is read
/// again a few times, and no thread waits meanwhile. Immutable; any thread.
/// </summary>
internal sealed class DocumentFile(TimeProvider timeProvider)
{
    /// <summary>Who writes a file for longer than this has given up.</summary>
    private static readonly TimeSpan s_writingTime = TimeSpan.FromSeconds(2);

    // V0 takes less than a millisecond, an editor on a slow disk longer.
    private static readonly TimeSpan[] s_pauses = [.. new[] { 4, 8, 16, 32, 64 }.Select(static ms => TimeSpan.FromMilliseconds(ms))];

    /// <summary>Reads the file once. Blocks for as long as the disk takes.</summary>
    public DocumentRead Read(string path, long maxBytes = long.MaxValue)
    {
        using var content = new PooledBytes();
        switch (content.AppendFile(path, maxBytes))
        {
            case FileRead.Missing:
                return default;
            case FileRead.AccessDenied:
                throw new StorageException(StorageFailure.AccessDenied, "access to the store was denied");
            case FileRead.TooLarge:
                return new DocumentRead(null, IsTooLarge: true);
        }

        return JsonTree.TryReadObject(content.Span, out var json)
            ? new DocumentRead(new StoredDocument(json, DocumentBytes.Version(content.Span)))
            : new DocumentRead(
                null,
                Encoding.UTF8.GetString(content.Span),
                IsBeingWritten: (timeProvider.GetUtcNow() - File.GetLastWriteTimeUtc(path)).Duration() <= s_writingTime);
    }

    /// <summary>The result of <paramref name="read"/>, which is asked again while it comes upon a file that is being written.</summary>
    public async ValueTask<T> ReadWholeAsync<T>(
        Func<ValueTask<T>> read, Func<T, bool> isBeingWritten, CancellationToken cancellationToken)
    {
        foreach (var pause in s_pauses)
        {
            var result = await read();
            if (!isBeingWritten(result))
            {
                return result;
            }

            await Task.Delay(pause, timeProvider, cancellationToken);
        }

        return await read();
    }
}
