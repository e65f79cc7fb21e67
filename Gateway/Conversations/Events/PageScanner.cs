using Gateway.Primitives.Json;

namespace Gateway.Conversations.Events;

/// <summary>
/// One element of a page. <see cref="Start"/> and <see cref="Length"/> count in the page's bytes, the header's range from Start.
/// </summary>
internal readonly record struct ScannedEvent(int Start, int Length, ScanStatus Status, int Id, EventHeader Header);

/// <summary>
/// Splits a page, <c>[{…}, {…}]</c>, into its events, scanning each in the same pass. What stands before a damage is given. The caller
/// has checked the page's UTF-8. A ref struct over the caller's bytes; pure.
/// </summary>
internal ref struct PageScanner(ReadOnlySpan<byte> page)
{
    private readonly ReadOnlySpan<byte> _page = page;
    private JsonWalker _walker = new(page);
    private bool _started;
    private bool _ended;

    /// <summary>The array was read to its end, with nothing after it. True only after the last <see cref="TryNext"/>.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>The next element; false at the end and at a damage.</summary>
    public bool TryNext(out ScannedEvent element)
    {
        element = default;
        if (_ended || !TryEnterElement())
        {
            _ended = true;
            return false;
        }

        var status = EventScanner.ScanAt(_page, ref _walker, out var start, out var header, out var id);
        if (status is ScanStatus.NotJson or ScanStatus.TooDeep)
        {
            _ended = true;
            return false;
        }

        element = new ScannedEvent(start, _walker.Position - start, status, id, header);
        return true;
    }

    private bool TryEnterElement()
    {
        if (_started)
        {
            if (_walker.Take((byte)','))
            {
                return true;
            }
        }
        else
        {
            _started = true;
            if (!_walker.Take((byte)'['))
            {
                return false;
            }

            if (_walker.Peek() != ']')
            {
                return true;
            }
        }

        IsWhole = _walker.Take((byte)']') && _walker.Peek() == 0 && _walker.Position == _page.Length;
        return false;
    }
}
