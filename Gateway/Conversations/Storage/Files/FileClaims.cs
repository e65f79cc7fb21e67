using System.Security.Cryptography;
using System.Text;

using Microsoft.Extensions.Options;

namespace Gateway.Conversations.Storage.Files;

/// <summary>
/// Claims as locked files in a folder of the store that V0 does not look into, one for each open conversation. The system unlocks those of
/// a process that ends, however it ends. Who waits for a claim puts a second file beside it. Any thread.
/// </summary>
internal sealed partial class FileClaims(
    IOptions<FileStorageOptions> options, StorageThreads threads, TimeProvider timeProvider, ILogger<FileClaims> logger)
    : IConversationClaims
{
    /// <summary>Beside V0's folders, so that no list shows it.</summary>
    public const string Folder = ".gateway-claims";

    private const string WantedEnding = ".wanted";

    // Less than an opening may take by default: what follows needs some of it.
    private static readonly TimeSpan s_waitLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_lookInterval = TimeSpan.FromMilliseconds(20);

    // Who waits says so again and again: an older file is of somebody who has gone without a word.
    private static readonly TimeSpan s_wantedTime = TimeSpan.FromSeconds(10);

    // ERROR_SHARING_VIOLATION, EWOULDBLOCK of macOS and of Linux: what .NET has in an exception of a lock that somebody else has.
    private static readonly int s_lockedElsewhere = OperatingSystem.IsWindows() ? 32 : OperatingSystem.IsMacOS() ? 35 : 11;

    private readonly string _folder = Path.Join(options.Value.ExpandedRoot(), Folder);

    public async ValueTask<IConversationClaim> TakeAsync(ConversationKey key, CancellationToken cancellationToken)
    {
        var path = PathOf(key);
        var began = timeProvider.GetTimestamp();
        var isAsked = false;
        try
        {
            while (timeProvider.GetElapsedTime(began) < s_waitLimit)
            {
                if (await RunAsync(key, path, TryLock, cancellationToken) is { } file)
                {
                    return new Claim(this, key, file, isAsked);
                }

                // Again and again: whoever else has waited for it may have gone, and taken the file away.
                isAsked = true;
                await RunAsync(key, WantedOf(path), Touch, cancellationToken);
                await Task.Delay(s_lookInterval, timeProvider, cancellationToken);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Whoever stores something hears what is wrong with the store.
            Log.NotClaimed(logger, exception, key.Id);
            return new Claim(this, key, file: null, isAsked);
        }
        finally
        {
            if (isAsked)
            {
                await TryDeleteAsync(key, WantedOf(path));
            }
        }

        Log.StillElsewhere(logger, key.Id, s_waitLimit);
        return new Claim(this, key, file: null, isAsked);
    }

    public ValueTask<IReadOnlyList<ConversationKey>> FindWantedAsync(
        IReadOnlyCollection<ConversationKey> keys, CancellationToken cancellationToken) => keys.Count == 0
        ? new([])
        : RunAsync(keys.First(), keys, FindWanted, cancellationToken);

    private ValueTask<TResult> RunAsync<TState, TResult>(
        ConversationKey key, TState state, Func<TState, TResult> run, CancellationToken cancellationToken) =>
        threads.RunAsync(key, StorageCallKind.Read, state, run, cancellationToken);

    private IReadOnlyList<ConversationKey> FindWanted(IReadOnlyCollection<ConversationKey> keys)
    {
        // Mostly there are none: then no name is made.
        var since = DateTime.UtcNow - s_wantedTime;
        var wanted = DirectoryListing.Entries(_folder).Select(static entry => entry.Name)
            .Where(name => name.EndsWith(WantedEnding, StringComparison.Ordinal)
                && File.GetLastWriteTimeUtc(Path.Join(_folder, name)) > since)
            .ToHashSet(StringComparer.Ordinal);
        return wanted.Count == 0 ? [] : [.. keys.Where(key => wanted.Contains(WantedOf(NameOf(key))))];
    }

    private async ValueTask TryDeleteAsync(ConversationKey key, string path)
    {
        try
        {
            await RunAsync(key, path, Delete, CancellationToken.None);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            // It is not looked at once it is old.
        }
    }

    private string PathOf(ConversationKey key) => Path.Join(_folder, NameOf(key));

    /// <summary>Two ids may be longer together than a file's name.</summary>
    private static string NameOf(ConversationKey key) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{key.UserId?.Value}/{key.Id.Value}")));

    private static string WantedOf(string path) => path + WantedEnding;

    /// <summary>Null while another process has it locked.</summary>
    private FileStream? TryLock(string path)
    {
        Directory.CreateDirectory(_folder);
        try
        {
            return new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                BufferSize = 0,
                Options = FileOptions.DeleteOnClose,
            });
        }
        catch (IOException exception) when ((exception.HResult & 0xFFFF) == s_lockedElsewhere)
        {
            return null;
        }
    }

    private static bool Touch(string path)
    {
        File.WriteAllBytes(path, []);
        return true;
    }

    private static bool Delete(string path)
    {
        File.Delete(path);
        return true;
    }

    private static bool Unlock(FileStream file)
    {
        file.Dispose();
        return true;
    }

    /// <summary>A claim, or what stands for it where there is none.</summary>
    private sealed class Claim(FileClaims claims, ConversationKey key, FileStream? file, bool wasElsewhere) : IConversationClaim
    {
        public bool WasElsewhere => wasElsewhere;

        public bool IsHeld => file is not null;

        public async ValueTask DisposeAsync()
        {
            if (file is null)
            {
                return;
            }

            try
            {
                await claims.RunAsync(key, file, Unlock, CancellationToken.None);
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException)
            {
                // The store takes too long, or the process ends. Whoever waits for the claim should not wait for more than that.
                _ = Task.Run(file.Dispose);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            1, LogLevel.Warning,
            "Conversation {ConversationId} is still open in another process on this store, after {Limit}; it is opened here as well.")]
        public static partial void StillElsewhere(ILogger logger, ConversationId conversationId, TimeSpan limit);

        [LoggerMessage(2, LogLevel.Warning, "Conversation {ConversationId} could not be claimed; it is opened all the same.")]
        public static partial void NotClaimed(ILogger logger, Exception exception, ConversationId conversationId);
    }
}
