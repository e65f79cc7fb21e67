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
            if (ReadPage(span, buffer, LargePageBytes) != FileRead.TooLarge)
            {
                return span.ToPage(ReadSingles(span, buffer), buffer);
            }

            var last = ReadSoundSingles(span, buffer);
            if (last < span.First)
            {
                _ = ReadPage(span, buffer, long.MaxValue);
                last = ReadSingles(span, buffer);
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
            if (page.AppendFile(paths.Event(id)) != FileRead.Done
                || EventScanner.Scan(page.Span[start..], out _, out var storedId) != ScanStatus.Ok || storedId != id)
            {
                return false;
            }
        }

        page.Append("]"u8);
        return true;
    }

    private FileRead ReadPage(PageSpan span, PooledBytes buffer, long maxLength)
    {
        var read = buffer.AppendFile(paths.Page(span.PageStart), maxLength);
        if (read != FileRead.Done)
        {
            return read;
        }

        if (!Utf8.IsValid(buffer.Span))
        {
            span.PageIsDamaged = true;
            buffer.Truncate(0);
            return read;
        }

        var scanner = new PageScanner(buffer.Span);
        for (var id = span.PageStart; id <= span.Last; id++)
        {
            if (!scanner.TryNext(out var element))
            {
                span.PageIsDamaged = true;
                break;
            }

            if (id >= span.First)
            {
                span.OfferFromPage(id, element);
            }
        }

        return read;
    }

    /// <summary>Fills from single files what the page did not give; the last id that is settled: read, a gap, or corrupt.</summary>
    private int ReadSingles(PageSpan span, PooledBytes buffer)
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

            if (TryReadSingle(id, buffer, out var scanned))
            {
                span.Offer(id, scanned);
            }
            else
            {
                span.OfferMissing(id);
            }
        }

        return span.Last;
    }

    /// <summary>Reads single files as long as they are there and sound: a portion, or what stands before the first that needs the page.</summary>
    private int ReadSoundSingles(PageSpan span, PooledBytes buffer)
    {
        for (var id = span.First; id <= span.Last; id++)
        {
            var length = buffer.Length;
            if (length >= PortionBytes || !TryReadSingle(id, buffer, out var scanned) || !PageSpan.IsSound(id, scanned))
            {
                buffer.Truncate(length);
                return id - 1;
            }

            span.Offer(id, scanned);
        }

        return span.Last;
    }

    private bool TryReadSingle(int id, PooledBytes buffer, out ScannedEvent scanned)
    {
        var start = buffer.Length;
        if (buffer.AppendFile(paths.Event(id)) != FileRead.Done)
        {
            scanned = default;
            return false;
        }

        var status = EventScanner.Scan(buffer.Span[start..], out var header, out var storedId);
        scanned = new ScannedEvent(start, buffer.Length - start, status, storedId, header);
        return true;
    }
}
