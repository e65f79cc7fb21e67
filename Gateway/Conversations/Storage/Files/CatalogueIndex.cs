namespace Gateway.Conversations.Storage.Files;

/// <summary>One name in a folder of conversations, as it was when it was looked at last.</summary>
/// <param name="Stamp">Of its metadata file, which changes with the file; 0 when there is none.</param>
/// <param name="CreatedAt">In ticks of UTC; means nothing for a damaged one.</param>
/// <param name="Problem">Why it is not listed; null when it is.</param>
/// <param name="IsBeingWritten">The problem is likely to be over soon.</param>
internal sealed record IndexedConversation(string Name, long Stamp, long CreatedAt, string? Problem, bool IsBeingWritten = false);

/// <summary>
/// Which conversations a folder holds, the newest first, in memory: about 200 bytes for each. It follows the folder: names that come and go
/// are told (<see cref="FolderChanges"/>), what could not be read is looked at again for every list, and of the others some, in turn.
/// Owned by <see cref="FileCatalogue"/>, which holds <see cref="Lock"/> around every call but the constructor's.
/// </summary>
internal sealed class CatalogueIndex(string folder, bool isWatched, Func<string, IndexedConversation?> look, Func<string, long> stampOf)
    : IDisposable
{
    // Each list looks whether so many files have changed behind its back: all of a small store, a large one in turn.
    private const int LooksInTurn = 128;

    // Damaged ones that are looked at again for each list; more than that are looked at in turn.
    private const int MaxDamagedLooks = 128;

    private static readonly Comparison<IndexedConversation> s_newestFirst = static (one, other) =>
        other.CreatedAt.CompareTo(one.CreatedAt) is not 0 and var order ? order : string.CompareOrdinal(one.Name, other.Name);

    private readonly FolderChanges _changes = new(folder, isWatched);
    private readonly Dictionary<string, IndexedConversation> _byName = new(StringComparer.Ordinal);
    private readonly List<IndexedConversation> _sound = [];
    private readonly Dictionary<string, IndexedConversation> _damaged = new(StringComparer.Ordinal);

    // Of the damaged ones: looked at for every list, whatever their stamps say.
    private readonly HashSet<string> _beingWritten = new(StringComparer.Ordinal);
    private int _turn;
    private int _damagedTurn;

    public Lock Lock { get; } = new();

    /// <summary>When a list was asked for last, as a timestamp.</summary>
    public long LastUsed { get; set; }

    /// <summary>All names, damaged ones included.</summary>
    public int Count => _byName.Count;

    /// <summary>Those that can be listed, the newest first.</summary>
    public IReadOnlyList<IndexedConversation> Sound => _sound;

    public IEnumerable<IndexedConversation> Damaged => _damaged.Values;

    /// <summary>A damaged one was being written when it was looked at last.</summary>
    public bool IsBeingWritten => _beingWritten.Count > 0;

    /// <summary>Begins anew: the names that are to be <see cref="Add"/>ed.</summary>
    public List<string> Begin()
    {
        _byName.Clear();
        _sound.Clear();
        _damaged.Clear();
        _beingWritten.Clear();
        _changes.Begin();
        return ReadNames();
    }

    /// <summary>Adds what was read of many names. Sorts once.</summary>
    public void Add(IEnumerable<IndexedConversation> looked)
    {
        foreach (var conversation in looked)
        {
            _byName[conversation.Name] = conversation;
            if (conversation.Problem is null)
            {
                _sound.Add(conversation);
            }
            else
            {
                AddDamaged(conversation);
            }
        }
    }

    public void Sort() => _sound.Sort(s_newestFirst);

    /// <summary>Catches up with the folder. False when that takes as long as to begin anew.</summary>
    public bool TryFollow()
    {
        var change = _changes.Read();
        if (change.IsLost)
        {
            _changes.Begin();
            var names = ReadNames().ToHashSet(StringComparer.Ordinal);
            var gone = _byName.Keys.Where(name => !names.Contains(name)).ToList();
            names.ExceptWith(_byName.Keys);
            if (names.Count > CatalogueIndexes.NamesOfACall)
            {
                return false;
            }

            LookAgain(gone.Concat(names));
        }

        LookAgain(change.Names);
        LookAgain(_beingWritten.Take(MaxDamagedLooks));
        LookAgain(Changed(Turn(_damaged.Count, MaxDamagedLooks, ref _damagedTurn, _damaged.Values)));
        LookAgain(Changed(Turn(_sound.Count, LooksInTurn, ref _turn, _sound)));
        return true;
    }

    /// <summary>Whether the name stands where a conversation of this time belongs.</summary>
    public bool IsInPlace(string name, DateTimeOffset createdAt) =>
        _byName.GetValueOrDefault(name) is { Problem: null } seen && seen.CreatedAt == createdAt.UtcTicks;

    /// <summary>Looks at one name now.</summary>
    public void LookAgain(string name)
    {
        var before = _byName.GetValueOrDefault(name);
        var now = name.StartsWith('.') ? null : look(name);
        if (before is not null)
        {
            _byName.Remove(name);
            _damaged.Remove(name);
            _beingWritten.Remove(name);
            if (before.Problem is null)
            {
                _sound.RemoveAt(_sound.BinarySearch(before, Comparer<IndexedConversation>.Create(s_newestFirst)));
            }
        }

        if (now is not null)
        {
            _byName.Add(name, now);
            if (now.Problem is not null)
            {
                AddDamaged(now);
            }
            else
            {
                _sound.Insert(~_sound.BinarySearch(now, Comparer<IndexedConversation>.Create(s_newestFirst)), now);
            }
        }
    }

    public void Dispose() => _changes.Dispose();

    private void AddDamaged(IndexedConversation conversation)
    {
        _damaged[conversation.Name] = conversation;
        if (conversation.IsBeingWritten)
        {
            _beingWritten.Add(conversation.Name);
        }
    }

    private void LookAgain(IEnumerable<string> names)
    {
        foreach (var name in names.ToList())
        {
            LookAgain(name);
        }
    }

    private IEnumerable<string> Changed(IEnumerable<IndexedConversation> conversations) =>
        conversations.Where(conversation => stampOf(conversation.Name) != conversation.Stamp).Select(static changed => changed.Name);

    /// <summary>The next ones in turn: all of them when there are few.</summary>
    private static IEnumerable<IndexedConversation> Turn(
        int count, int most, ref int turn, IEnumerable<IndexedConversation> conversations)
    {
        if (count <= most)
        {
            return conversations;
        }

        var from = turn >= count ? 0 : turn;
        turn = from + most;
        return conversations.Skip(from).Take(most);
    }

    private List<string> ReadNames()
    {
        if (!DirectoryListing.CanList(folder))
        {
            return [];
        }

        // As V0: what begins with a dot is no conversation; all else is counted.
        return [.. Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName).OfType<string>().Where(static name =>
            !name.StartsWith('.'))];
    }
}
