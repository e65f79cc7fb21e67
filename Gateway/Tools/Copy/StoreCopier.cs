using Gateway.Conversations;
using Gateway.Conversations.Storage;

namespace Gateway.Tools.Copy;

/// <summary>
/// Copies a whole store into another one, or only compares them: users' documents, then conversations, a few at a time. Each that fails or
/// differs is reported and keeps no other from being copied; a store that does not answer ends the run. Run again it goes on: what is there
/// and the same is only compared. One run at a time.
/// </summary>
internal sealed class StoreCopier(WholeStore source, WholeStore target, CopyOptions options, CopyProgress progress)
{
    /// <summary>Throws <see cref="StorageException"/> when one of the stores is away.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var users = await source.Contents.ListUsersAsync(cancellationToken);
        foreach (var user in users)
        {
            await foreach (var id in source.Contents.ListConversationsAsync(user, cancellationToken))
            {
                progress.AddTotal();
            }
        }

        foreach (var user in users)
        {
            await CopyDocumentsAsync(user, cancellationToken);
        }

        await Parallel.ForEachAsync(
            ConversationsAsync(users, cancellationToken),
            new ParallelOptions { MaxDegreeOfParallelism = options.Jobs, CancellationToken = cancellationToken },
            async (key, token) =>
            {
                await ReportFailureAsync(
                    CopyProblem.NameOf(key),
                    () => new ConversationCopy(key, source, target, options, progress).RunAsync(token));
                progress.AddConversation();
            });
        foreach (var user in users.Union(await target.Contents.ListUsersAsync(cancellationToken)))
        {
            await CountTargetOnlyAsync(user, cancellationToken);
        }
    }

    private async IAsyncEnumerable<ConversationKey> ConversationsAsync(
        IReadOnlyList<ConversationId?> users,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var user in users)
        {
            await foreach (var id in source.Contents.ListConversationsAsync(user, cancellationToken))
            {
                yield return new ConversationKey(id, user);
            }
        }
    }

    private async Task CopyDocumentsAsync(ConversationId? userId, CancellationToken cancellationToken)
    {
        var where = userId is { } user ? $"user {user}" : "the store";
        foreach (var document in Enum.GetValues<UserDocument>())
        {
            await ReportFailureAsync(where, async () =>
            {
                var copy = new DocumentCopy(
                    document.ToString().ToLowerInvariant(),
                    (store, token) => store.Contents.ReadDocumentAsync(document, userId, token),
                    (content, version, token) => target.Contents.TryWriteDocumentAsync(document, userId, content, version, token));
                await copy.RunAsync(where, source, target, options, progress, cancellationToken);
            });
        }

        foreach (var item in await source.Contents.ListForeignAsync(userId, cancellationToken))
        {
            if (item.Problem is { } problem)
            {
                progress.Report(item.Name, problem);
            }
            else
            {
                progress.AddForeign(item.Name);
            }
        }
    }

    /// <summary>Both lists are in the order of ids: one walk through both.</summary>
    private async Task CountTargetOnlyAsync(ConversationId? userId, CancellationToken cancellationToken)
    {
        await using var ours = source.Contents.ListConversationsAsync(userId, cancellationToken).GetAsyncEnumerator(cancellationToken);
        var hasOurs = await ours.MoveNextAsync();
        await foreach (var id in target.Contents.ListConversationsAsync(userId, cancellationToken))
        {
            while (hasOurs && string.CompareOrdinal(ours.Current.Value, id.Value) < 0)
            {
                hasOurs = await ours.MoveNextAsync();
            }

            if (!hasOurs || ours.Current != id)
            {
                progress.AddTargetOnly();
            }
        }
    }

    private async Task ReportFailureAsync(string where, Func<Task> run)
    {
        try
        {
            await run();
        }
        catch (StorageException exception) when (
            exception.Failure is StorageFailure.Unavailable or StorageFailure.TimedOut or StorageFailure.Unknown or StorageFailure.Busy)
        {
            // All the others would fail as well.
            throw;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            progress.Report(where, exception.Message.ReplaceLineEndings(" "));
        }
    }
}
