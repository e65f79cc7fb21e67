using Gateway.Conversations.Storage;
using Gateway.Conversations.Storage.Files;
using Gateway.Conversations.Storage.Postgres;
using Gateway.Hosting.Settings;

using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Gateway.Hosting;

/// <summary>
/// A store that a tool works on, beside the one that the program would serve: opened by a text, with the limits of the settings. Owned by
/// who opens it.
/// </summary>
internal sealed class OpenedStore : IAsyncDisposable
{
    private const string Files = "files:";
    private const string Postgres = "postgres:";
    private const string PostgresUrl = "postgresql:";

    // Nobody waits for an answer but the tool itself: a slow store is not one that fails.
    private static readonly TimeSpan s_callLimit = TimeSpan.FromMinutes(2);

    private readonly Func<ValueTask> _dispose;

    private OpenedStore(WholeStore store, string place, Func<ValueTask> dispose)
    {
        (Store, Place) = (store, place);
        _dispose = dispose;
    }

    public WholeStore Store { get; }

    /// <summary>The same text for the same store. Not to be shown: it names a host.</summary>
    public string Place { get; }

    /// <summary>
    /// Opens <c>files:PATH</c> or <c>postgres:CONNECTIONSTRING</c>; without a path or a string that of the settings. What is wrong is said
    /// in a line that holds no part of a connection string.
    /// </summary>
    /// <param name="text">What names the store.</param>
    /// <param name="mayMake">Whether a store that is not there is made; otherwise nothing is written by opening it.</param>
    /// <param name="maxConnections">Of a database, at most; those of the settings if they are fewer.</param>
    /// <param name="cancellationToken">Ends the wait for a database.</param>
    public static async ValueTask<(OpenedStore? Opened, string? Problem)> OpenAsync(
        string text, bool mayMake, int maxConnections, CancellationToken cancellationToken)
    {
        var settings = GatewayApp.CreateBuilder([]).Configuration;
        if (text.StartsWith(Files, StringComparison.OrdinalIgnoreCase))
        {
            return OpenFiles(settings, text[Files.Length..], mayMake);
        }

        var isUrl = text.StartsWith(Postgres + "//", StringComparison.OrdinalIgnoreCase)
            || text.StartsWith(PostgresUrl + "//", StringComparison.OrdinalIgnoreCase);
        return isUrl ? await OpenPostgresAsync(settings, text, mayMake, maxConnections, cancellationToken)
            : text.StartsWith(Postgres, StringComparison.OrdinalIgnoreCase)
            ? await OpenPostgresAsync(settings, text[Postgres.Length..], mayMake, maxConnections, cancellationToken)
            : (null, $"a store is given as {Files}PATH or {Postgres}CONNECTIONSTRING");
    }

    public ValueTask DisposeAsync() => _dispose();

    private static (OpenedStore? Opened, string? Problem) OpenFiles(ConfigurationManager settings, string path, bool mayMake)
    {
        var files = settings.GetSection(FileStorageOptions.Section).Get<FileStorageOptions>() ?? new FileStorageOptions();
        (files.Root, files.MaxWatches) = (path.Length > 0 ? path : files.Root, 0);
        (files.ReadTimeout, files.AppendTimeout) = (s_callLimit, s_callLimit);
        var root = files.ExpandedRoot();
        if (mayMake)
        {
            if (new FileStorageRootValidator().Validate(null, files) is { Failed: true, FailureMessage: { } failure })
            {
                return (null, failure);
            }
        }
        else if (!Directory.Exists(root))
        {
            return (null, $"there is no folder {root}");
        }
        else if (!FileStoreContents.IsStore(root))
        {
            return (null, $"{root} is no store: it has neither sessions nor users nor settings");
        }

        var options = Options.Create(files);
        var threads = new StorageThreads(options, TimeProvider.System, NullLogger<StorageThreads>.Instance);
        var watcher = new LogWatcher(options, threads, TimeProvider.System, NullLogger<LogWatcher>.Instance);
        var store = new WholeStore(
            new FileEventLogStore(options, threads, watcher, TimeProvider.System, NullLogger<FileEventLog>.Instance),
            new FileJournalStore(options, threads),
            new FileStoreContents(options, threads));
        return (new OpenedStore(store, Path.TrimEndingDirectorySeparator(root), () =>
        {
            watcher.Dispose();
            threads.Dispose();
            return ValueTask.CompletedTask;
        }), null);
    }

    private static async ValueTask<(OpenedStore? Opened, string? Problem)> OpenPostgresAsync(
        ConfigurationManager settings, string text, bool mayMake, int maxConnections, CancellationToken cancellationToken)
    {
        var postgres = settings.GetSection(PostgresStorageOptions.Section).Get<PostgresStorageOptions>() ?? new PostgresStorageOptions();
        postgres.ConnectionString = text.Length > 0 ? text : postgres.ConnectionString;
        postgres.MaxConnections = Math.Min(postgres.MaxConnections, maxConnections);
        postgres.CallTimeout = s_callLimit;
        if (string.IsNullOrWhiteSpace(postgres.ConnectionString))
        {
            return (null, $"{Postgres} has no connection string, and neither has the setting DATABASE_URL");
        }

        if (PostgresConnectionString.TryParse(postgres.ConnectionString, out var parsed) is { } fault)
        {
            return (null, $"the connection string {fault}");
        }

        var calls = new PostgresCalls(Options.Create(postgres), NullLogger<PostgresCalls>.Instance);
        var (_, problem) = mayMake
            ? await PostgresMigration.TryMigrateAsync(calls, cancellationToken)
            : await PostgresMigration.TryFindAsync(calls, cancellationToken);
        if (problem is not null)
        {
            await calls.DisposeAsync();
            return (null, problem);
        }

        var heads = new PostgresHeads(calls, TimeProvider.System, NullLogger<PostgresHeads>.Instance);
        var store = new WholeStore(
            new PostgresEventLogStore(calls, heads), new PostgresJournalStore(calls), new PostgresStoreContents(calls, heads));
        return (new OpenedStore(store, $"{parsed.Host}:{parsed.Port}/{parsed.Database}", async () =>
        {
            heads.Dispose();
            await calls.DisposeAsync();
        }), null);
    }
}
