namespace Gateway.Conversations.Storage.Files;

/// <summary>What has changed in a folder since it was asked about last.</summary>
/// <param name="Names">Names that came or went.</param>
/// <param name="IsLost">Anything may have changed: the folder is to be read anew.</param>
internal readonly record struct FolderChange(IReadOnlyCollection<string> Names, bool IsLost);

/// <summary>
/// Tells which names have come into a folder, or gone: by the kernel's word where there is one (Linux' inotify on a local disk), else by
/// the folder's time. Owned by one <see cref="CatalogueIndex"/>; one caller at a time.
/// </summary>
internal sealed class FolderChanges : IDisposable
{
    // Times are no finer than the kernel's ticks: a change may have the time of the one before it.
    private static readonly TimeSpan s_timeGrain = TimeSpan.FromMilliseconds(50);

    private readonly string _folder;
    private readonly Inotify? _inotify;
    private readonly List<InotifyEvent> _events = [];
    private bool _isWatched;
    private DateTime _seen;

    /// <param name="folder">It may not be there yet.</param>
    /// <param name="isWatched">False: the kernel is not asked.</param>
    public FolderChanges(string folder, bool isWatched)
    {
        _folder = folder;
        _inotify = isWatched ? Inotify.TryOpen() : null;
    }

    /// <summary>To be called before the folder is read: what changes from now on is told by <see cref="Read"/>.</summary>
    public void Begin()
    {
        if (!_isWatched)
        {
            _isWatched = _inotify?.TryAdd(_folder, tellsGone: true) is not null;
        }

        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        var changed = Directory.GetLastWriteTimeUtc(_folder);
        _seen = now - changed < s_timeGrain ? DateTime.MinValue : changed;
    }

    public FolderChange Read()
    {
        if (!_isWatched)
        {
            return new FolderChange([], Directory.GetLastWriteTimeUtc(_folder) != _seen);
        }

        _events.Clear();
        _inotify?.ReadTo(_events);
        var names = new HashSet<string>(StringComparer.Ordinal);
        var isLost = false;
        foreach (var told in _events)
        {
            isLost |= told.Watch < 0 || told.IsGone;
            _isWatched &= !told.IsGone;
            if (told.Name.Length > 0)
            {
                names.Add(told.Name);
            }
        }

        return new FolderChange(names, isLost);
    }

    public void Dispose() => _inotify?.Dispose();
}
