using System.Text.Unicode;

using Gateway.Conversations.Events;

namespace Gateway.Conversations.Storage;

/// <summary>
/// Reads the events of one page's span: from the page file, and from single files what the page does not give soundly. Thread-safe: it
/// keeps nothing between calls, so a page that someone writes later is found.
/// </summary>
internal sealed class EventPageReader(ConversationPaths paths)
{
    /// <summary>Single files are given out in portions of about this size, so that no reader holds 25 screenshots at once.</summary>
    private const int PortionBytes = 1024 * 1024;

    /// <summary>From this size on a page is read only for what the single files do not have.</summary>
    private const int LargePageBytes = 4 * 1024 * 1024;

    /// <summary>Reads from <paramref name="first"/> on, at most through <paramref name="through"/>, at most to the end of the page's span.</summary>
    public EventPage Read(int first, int through)
    {
        var buffer = new PooledBytes();
        try
        {
            var span = new PageSpan(first, Math.Min(through, ConversationPaths.PageStart(first) + ConversationPaths.PageSize - 1));
            var pageFirst = !IsLarge(span);
            if (pageFirst)
            {
                ReadPage(span, buffer);
            }

            var last = ReadSingles(span, buffer, stopAtMissing: !pageFirst);
            if (last < span.First)
            {
                // A large page, and not even the first event has a file of its own.
                buffer.Truncate(0);
                ReadPage(span, buffer);
                last = ReadSingles(span, buffer, stopAtMissing: false);
            }

            return span.ToPage(last, buffer);
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    /// <summary>The bytes of a page, when all of its events are there and sound in files of their own.</summary>
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
            if (!page.TryAppendFile(paths.Event(id))
                || EventScanner.Scan(page.Span[start..], out _, out var storedId) != ScanStatus.Ok || storedId != id)
            {
                return false;
            }
        }

        page.Append("]"u8);
        return true;
    }

    private bool IsLarge(PageSpan span)
    {
        var file = new FileInfo(paths.Page(span.PageStart));
        return file.Exists && file.Length > LargePageBytes;
    }

    private void ReadPage(PageSpan span, PooledBytes buffer)
    {
        if (!buffer.TryAppendFile(paths.Page(span.PageStart)) || !Utf8.IsValid(buffer.Span))
        {
            buffer.Truncate(0);
            return;
        }

        var scanner = new PageScanner(buffer.Span);
        for (var id = span.PageStart; scanner.TryNext(out var element) && id <= span.Last; id++)
        {
            if (id >= span.First)
            {
                span.Offer(id, element);
            }
        }
    }

    /// <summary>Fills what is missing from single files; the last id that is settled: read, a gap, or corrupt.</summary>
    private int ReadSingles(PageSpan span, PooledBytes buffer, bool stopAtMissing)
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

            var start = buffer.Length;
            if (!buffer.TryAppendFile(paths.Event(id)))
            {
                if (stopAtMissing)
                {
                    return id - 1;
                }

                continue;
            }

            var status = EventScanner.Scan(buffer.Span[start..], out var header, out var storedId);
            span.Offer(id, new ScannedEvent(start, buffer.Length - start, status, storedId, header));
        }

        return span.Last;
    }
}
