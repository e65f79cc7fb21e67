using Gateway.Agents.V1.Bridge;
using Gateway.Conversations;
using Gateway.Conversations.Storage;
using Gateway.Primitives.Json;
using Gateway.Tools.Copy;
using Gateway.Tools.Import;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.History;

/// <summary>Goes through what is to be carried over to V1, conversation by conversation. One is in memory at a time. Used once.</summary>
/// <param name="importer">Carries each.</param>
/// <param name="report">What came of it.</param>
/// <param name="wanted">The ids of the conversations; none: all.</param>
/// <param name="mayHaveGaps">As <see cref="V0Reader.ReadAsync"/>.</param>
/// <param name="tellsBridge">The bridge's journals in the store are to say what was carried over.</param>
internal sealed class HistoryImportRun(
    HistoryImporter importer, HistoryReport report, IReadOnlyList<string> wanted, bool mayHaveGaps, bool tellsBridge)
{
    public async Task StoreAsync(WholeStore store, CancellationToken cancellationToken)
    {
        var keys = await FindAsync(store, cancellationToken);
        report.Total = keys.Count;
        foreach (var missing in wanted.Except(keys.Select(static key => key.Id.Value), StringComparer.Ordinal))
        {
            report.Total++;
            report.AddProblem($"conversation {missing}", "the store does not have it");
        }

        foreach (var key in keys)
        {
            if (!await TryImportAsync(key, () => ImportAsync(store, key, cancellationToken)))
            {
                return;
            }
        }
    }

    /// <summary>A trajectory is called after its file, or as the one id that was given says.</summary>
    public async Task TrajectoryAsync(string path, TrajectoryEvents trajectory, CancellationToken cancellationToken)
    {
        report.Total = 1;
        if (wanted.Count > 1 || !ConversationId.TryParse(wanted.SingleOrDefault() ?? TrajectoryImporter.ConversationIdOf(path), out var id))
        {
            report.AddProblem(path, "a trajectory is one conversation, and has one id");
            return;
        }

        var key = new ConversationKey(id);
        IReadOnlyList<(int V0Id, JObject Event)> events = [.. trajectory.Events.Select(static one => (one.Id, one.Json))];
        await TryImportAsync(key, () => importer.ImportAsync(key, title: null, events, journal: null, cancellationToken));
    }

    /// <summary>Whatever is wrong with one conversation keeps no other from being carried over. False when the run should end.</summary>
    private async Task<bool> TryImportAsync(ConversationKey key, Func<Task<bool>> import)
    {
        try
        {
            return await import();
        }
        catch (StorageException exception) when (
            exception.Failure is StorageFailure.Unavailable or StorageFailure.TimedOut or StorageFailure.Busy)
        {
            // All the others would fail as well.
            throw;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            report.AddProblem(CopyProblem.NameOf(key), exception.Message.ReplaceLineEndings(" "));
            return true;
        }
    }

    private async Task<bool> ImportAsync(WholeStore store, ConversationKey key, CancellationToken cancellationToken)
    {
        var log = await store.Logs.OpenAsync(key, cancellationToken);
        var (events, problem) = await V0Reader.ReadAsync(log, mayHaveGaps, cancellationToken);
        if (problem is null && !mayHaveGaps && await store.Contents.FindDamageAsync(key, cancellationToken) is { } damage)
        {
            problem = $"{damage} (--allow-gaps)";
        }

        if (problem is not null)
        {
            report.AddProblem(CopyProblem.NameOf(key), problem);
            return true;
        }

        var journal = tellsBridge ? store.Journals.Open(key, V1Map.JournalName) : null;
        var title = await FindTitleAsync(store, key, cancellationToken);
        return await importer.ImportAsync(key, title, events, journal, cancellationToken);
    }

    /// <summary>The title that V0 or a user has given; null for none, and for the one that V0 shows until then.</summary>
    private async Task<string?> FindTitleAsync(WholeStore store, ConversationKey key, CancellationToken cancellationToken)
    {
        if (await store.Contents.ReadMetadataAsync(key, cancellationToken) is not { } content)
        {
            return null;
        }

        if (!JsonTree.TryReadObject(content, out var metadata))
        {
            report.Add(
                CopyProblem.NameOf(key),
                "a title in metadata that are empty or damaged: nothing, it cannot be read",
                isContent: false,
                1,
                []);
            return null;
        }

        var title = metadata.Text("title").Trim();
        return title.Length > 0 && title != ConversationMetadata.DefaultTitle(key.Id) ? title : null;
    }

    private async Task<List<ConversationKey>> FindAsync(WholeStore store, CancellationToken cancellationToken)
    {
        var keys = new List<ConversationKey>();
        foreach (var user in await store.Contents.ListUsersAsync(cancellationToken))
        {
            await foreach (var id in store.Contents.ListConversationsAsync(user, cancellationToken))
            {
                if (wanted.Count == 0 || wanted.Contains(id.Value))
                {
                    keys.Add(new ConversationKey(id, user));
                }
            }
        }

        return keys;
    }
}
