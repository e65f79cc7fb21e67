using Gateway.Conversations.Events;

namespace Gateway.Conversations.Storage.Files;

/// <summary>
/// A page file's bytes, gathered while its events are appended: the event that fills a page need not wait until all of them are read
/// again, which takes several times as long as storing it. The garbage collector may take them at any time, so a conversation that is
/// slow, or idle, keeps nothing; then the files are read. Used by the appending owner alone.
/// </summary>
internal sealed class PageDraft
{
    // Of events of the usual size. Larger arrays would stay long after they are of use.
    private const int MostBytes = 64 * 1024;

    // For each event, as the first one is no measure of those that follow.
    private const int Room = 128;

    // Of a log that is appended to, from its next page on.
    private WeakReference<Gathered>? _gathered;

    private Gathered? Left => _gathered is { } reference && reference.TryGetTarget(out var gathered) ? gathered : null;

    /// <summary>
    /// An event is stored. One that is not the next of its page, or not sound, ends the gathering until the next page begins.
    /// </summary>
    public void Add(int id, ReadOnlySpan<byte> json)
    {
        var isFirst = id == ConversationPaths.PageStart(id);
        var gathered = Left;
        if (isFirst)
        {
            gathered ??= Make(json.Length);
            gathered.Begin(id);
        }

        if (gathered is null)
        {
            return;
        }

        if (gathered.Next != id
            || EventScanner.Scan(json, out _, out var storedId) != ScanStatus.Ok || storedId != id
            || !gathered.TryAdd(isFirst ? "["u8 : ", "u8, json))
        {
            gathered.Drop();
        }
    }

    /// <summary>
    /// The page that begins with the event <paramref name="first"/>, once, where all of it was gathered. Valid until the next event.
    /// </summary>
    public bool TryTake(int first, out ReadOnlySpan<byte> page)
    {
        page = default;
        if (Left is not { } gathered || gathered.Next != first + ConversationPaths.PageSize)
        {
            return false;
        }

        page = gathered.End();
        gathered.Drop();
        return true;
    }

    private Gathered Make(int firstLength)
    {
        var gathered = new Gathered(ConversationPaths.PageSize * (Math.Min(firstLength, MostBytes) + Room));
        _gathered = new WeakReference<Gathered>(gathered);
        return gathered;
    }

    private sealed class Gathered(int capacity)
    {
        private const int None = -1;

        private byte[] _bytes = new byte[Math.Min(capacity, MostBytes)];
        private int _length;

        /// <summary>The event that comes next; none where the page is lost.</summary>
        public int Next { get; private set; } = None;

        public void Begin(int id) => (Next, _length) = (id, 0);

        public void Drop() => Next = None;

        public bool TryAdd(ReadOnlySpan<byte> separator, ReadOnlySpan<byte> json)
        {
            // One byte is the end's.
            var needed = _length + separator.Length + json.Length + 1;
            if (needed > MostBytes)
            {
                return false;
            }

            if (needed > _bytes.Length)
            {
                Array.Resize(ref _bytes, Math.Min(MostBytes, Math.Max(needed, 2 * _bytes.Length)));
            }

            separator.CopyTo(_bytes.AsSpan(_length));
            json.CopyTo(_bytes.AsSpan(_length + separator.Length));
            _length = needed - 1;
            Next++;
            return true;
        }

        public ReadOnlySpan<byte> End()
        {
            _bytes[_length] = (byte)']';
            return _bytes.AsSpan(0, _length + 1);
        }
    }
}
