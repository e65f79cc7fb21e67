using System.Text.Unicode;

using Gateway.Conversations.Events;

namespace Gateway.Conversations.Storage.Files;

/// <summary>
/// Reads events: of each page's span from the page file, and from single files what the page file does not give soundly. Thread-safe: it
/// keeps nothing between calls, so a page file that someone writes later is found.
/// </summary>
internal sealed class EventPageReader(ConversationPaths paths)
{
    /// <summary>Events of one read at most: each reader holds its page.</summary>
    public const int MaxEvents = 100;

    /// <summary>A read goes on until it has this much: asking for a page costs as much as reading a small one.</summary>
    private const int EnoughBytes = 128 * 1024;

    /// <summary>Single files are given out in portions of about this size, so that no reader holds 25 screenshots at once.</summary>
    private const int PortionBytes = 1024 * 1024;

    /// <summary>From this size on a page file is read only for what the single files do not have.</summary>
    private const int LargePageBytes = EventPage.MaxBytes;

    /// <summary>
    /// Reads from <paramref name="first"/> on, at most through <paramref name="through"/>; both are among <paramref name="ids"/>' range.
    /// </summary>
    public EventPage Read(int first, int through, StoredIds ids)
    {
        var buffer = new PooledBytes(through <= EndOfPage(first) ? 0 : 2 * EnoughBytes);
        try
        {
            var builder = new EventPageBuilder(buffer);
            var span = new PageFileSpan(builder);
            int? next = first;
            var read = first - 1;
            do
            {
                span.Begin(next.Value, Math.Min(through, EndOfPage(next.Value)));
                read = ReadSpan(span, buffer);
                span.End(read);
                next = read < span.Last ? null : ids.FirstFrom(read + 1);
            }
            while (next <= through
                && buffer.Length < EnoughBytes && builder.Count <= MaxEvents - ConversationPaths.PageSize);

            return builder.ToPage(read + 1);
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    /// <summary>The bytes of a page file, when all of its events are there and sound in files of their own.</summary>
    public bool TryCompose(int first, PooledBytes page)
    {
        page.Append("["u8);
        for (var id = first; id < first + ConversationPaths.PageSize; id++)
        {
            if (id > first)
            {
                page.Append(", "u8);
            }

            var start = page.Length;
            if (page.AppendFile(paths.Event(id)) != FileRead.Done
                || EventScanner.Scan(page.Span[start..], out _, out var storedId) != ScanStatus.Ok || storedId != id)
            {
                return false;
            }
        }

        page.Append("]"u8);
        return true;
    }

    private static int EndOfPage(int id) => ConversationPaths.PageStart(id) + ConversationPaths.PageSize - 1;

    /// <summary>The last id that is settled: read, a gap, or corrupt.</summary>
    private int ReadSpan(PageFileSpan span, PooledBytes buffer)
    {
        if (ReadPageFile(span, buffer, LargePageBytes) != FileRead.TooLarge)
        {
            return ReadSingles(span, buffer);
        }

        var last = ReadSoundSingles(span, buffer);
        if (last < span.First)
        {
            _ = ReadPageFile(span, buffer, long.MaxValue);
            last = ReadSingles(span, buffer);
        }

        return last;
    }

    private FileRead ReadPageFile(PageFileSpan span, PooledBytes buffer, long maxLength)
    {
        var start = buffer.Length;
        var read = buffer.AppendFile(paths.Page(span.PageStart), maxLength);
        if (read != FileRead.Done)
        {
            if (read == FileRead.AccessDenied)
            {
                span.PageIs("cannot be read: access denied");
            }

            return read;
        }

        var page = buffer.Span[start..];
        if (!Utf8.IsValid(page))
        {
            span.PageIs("is damaged");
            buffer.Truncate(start);
            return read;
        }

        var scanner = new PageScanner(page);
        for (var id = span.PageStart; id <= span.Last; id++)
        {
            if (!scanner.TryNext(out var element))
            {
                span.PageIs("is damaged");
                break;
            }

            if (id >= span.First)
            {
                span.AddFromPage(id, element with { Start = start + element.Start });
            }
        }

        return read;
    }

    /// <summary>Fills from single files what the page file did not give; the last id that is settled.</summary>
    private int ReadSingles(PageFileSpan span, PooledBytes buffer)
    {
        var pageLength = buffer.Length;
        for (var id = span.First; id <= span.Last; id++)
        {
            if (span.Has(id))
            {
                continue;
            }

            if (buffer.Length - pageLength >= PortionBytes)
            {
                return id - 1;
            }

            switch (ReadSingle(id, buffer, out var scanned))
            {
                case FileRead.Done:
                    span.Add(id, scanned);
                    break;
                case FileRead.AccessDenied:
                    span.AddDenied(id);
                    break;
                default:
                    span.AddMissing(id);
                    break;
            }
        }

        return span.Last;
    }

    /// <summary>
    /// Reads single files as long as they are there and sound: a portion, or what stands before the first that needs the page file.
    /// </summary>
    private int ReadSoundSingles(PageFileSpan span, PooledBytes buffer)
    {
        var start = buffer.Length;
        for (var id = span.First; id <= span.Last; id++)
        {
            var length = buffer.Length;
            if (length - start >= PortionBytes
                || ReadSingle(id, buffer, out var scanned) != FileRead.Done || !EventPageBuilder.IsSound(id, scanned))
            {
                buffer.Truncate(length);
                return id - 1;
            }

            span.Add(id, scanned);
        }

        return span.Last;
    }

    private FileRead ReadSingle(int id, PooledBytes buffer, out ScannedEvent scanned)
    {
        scanned = default;
        var start = buffer.Length;
        var path = paths.Event(id);
        FileRead read;
        try
        {
            read = buffer.AppendFile(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException && Directory.Exists(path))
        {
            // A directory can be opened like a file: an event that is none.
            buffer.Truncate(start);
            read = FileRead.Done;
        }

        if (read == FileRead.Done)
        {
            var status = EventScanner.Scan(buffer.Span[start..], out var header, out var storedId);
            scanned = new ScannedEvent(start, buffer.Length - start, status, storedId, header);
        }

        return read;
    }
}
