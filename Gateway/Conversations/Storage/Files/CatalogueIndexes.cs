namespace Gateway.Conversations.Storage.Files;

/// <summary>
/// The <see cref="CatalogueIndex"/> of each user's folder, made when its list is first asked for: in parts, so that no call of the store
/// takes long, and once for all who wait. Those that were not asked for longest are let go when there are many. Thread-safe.
/// </summary>
internal sealed class CatalogueIndexes(
    string root, StorageThreads threads, bool isWatched, Func<ConversationId?, string, IndexedConversation?> look) : IDisposable
{
    /// <summary>Names that one call of the store looks at.</summary>
    public const int NamesOfACall = 256;

    // One instance of inotify each, of which a user of the system has 128.
    private const int MaxIndexes = 64;

    private readonly bool _isWatched = isWatched && LocalDrive.TellsOfOthers(root);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Task<CatalogueIndex>> _indexes = new(StringComparer.Ordinal);
    private bool _isDisposed;

    /// <summary>The folder's index, ready to be asked. Errors of the store are thrown, and the next caller tries anew.</summary>
    public async ValueTask<CatalogueIndex> GetAsync(ConversationId? userId, CancellationToken cancellationToken)
    {
        Task<CatalogueIndex> making;
        var surplus = new List<Task<CatalogueIndex>>();
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            var name = NameOf(userId);
            if (!_indexes.TryGetValue(name, out making!))
            {
                making = MakeAsync(userId);
                _indexes.Add(name, making);
                while (_indexes.Count > MaxIndexes && FindOldest(name) is { } oldest)
                {
                    _indexes.Remove(oldest, out var removed);
                    surplus.Add(removed!);
                }
            }
        }

        surplus.ForEach(DisposeOf);
        try
        {
            var index = await making.WaitAsync(cancellationToken);
            index.LastUsed = TimeProvider.System.GetTimestamp();
            return index;
        }
        catch (Exception) when (making.IsFaulted)
        {
            Forget(userId, making);
            throw;
        }
    }

    /// <summary>Changes whenever the conversation's metadata file does; 0 when there is none.</summary>
    public long StampOf(ConversationId? userId, string name) =>
        FileStamp.Of(Path.Join(ConversationPaths.Conversations(root, userId), name, "metadata.json")) is { } stamp
            ? (long)stamp.GetHashCode() + int.MaxValue + 2
            : 0;

    /// <summary>The index is to be made anew.</summary>
    public void Forget(ConversationId? userId, CatalogueIndex index)
    {
        Task<CatalogueIndex>? making;
        lock (_lock)
        {
            making = _indexes.GetValueOrDefault(NameOf(userId));
        }

        if (making is { IsCompletedSuccessfully: true } && making.Result == index)
        {
            Forget(userId, making);
        }
    }

    public void Dispose()
    {
        List<Task<CatalogueIndex>> all;
        lock (_lock)
        {
            _isDisposed = true;
            all = [.. _indexes.Values];
            _indexes.Clear();
        }

        all.ForEach(DisposeOf);
    }

    private static string NameOf(ConversationId? userId) => userId?.Value ?? "";

    private static void DisposeOf(Task<CatalogueIndex> making) => making.ContinueWith(
        static made => made.Result.Dispose(),
        CancellationToken.None,
        TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);

    private void Forget(ConversationId? userId, Task<CatalogueIndex> making)
    {
        lock (_lock)
        {
            if (_indexes.GetValueOrDefault(NameOf(userId)) != making)
            {
                return;
            }

            _indexes.Remove(NameOf(userId));
        }

        DisposeOf(making);
    }

    private string? FindOldest(string except) => _indexes
        .Where(pair => pair.Key != except && pair.Value.IsCompletedSuccessfully)
        .OrderBy(static pair => pair.Value.Result.LastUsed)
        .Select(static pair => pair.Key)
        .FirstOrDefault();

    private async Task<CatalogueIndex> MakeAsync(ConversationId? userId)
    {
        // The first await must not run under the caller's lock.
        await Task.Yield();
        var folder = ConversationPaths.Conversations(root, userId);
        var index = new CatalogueIndex(folder, _isWatched, name => look(userId, name), name => StampOf(userId, name));
        try
        {
            var names = await RunAsync(userId, index, static index => index.Begin());
            foreach (var part in names.Chunk(NamesOfACall))
            {
                await RunAsync(userId, (Index: index, Part: part, UserId: userId, Look: look), static call =>
                {
                    call.Index.Add(call.Part.Select(name => call.Look(call.UserId, name)).OfType<IndexedConversation>());
                    return true;
                });
            }

            await RunAsync(userId, index, static index =>
            {
                index.Sort();
                return true;
            });
            return index;
        }
        catch
        {
            index.Dispose();
            throw;
        }
    }

    private ValueTask<TResult> RunAsync<TState, TResult>(ConversationId? userId, TState state, Func<TState, TResult> run) =>
        threads.RunAsync(new ConversationKey(default, userId), StorageCallKind.Read, state, run, CancellationToken.None);
}
