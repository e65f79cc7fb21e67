using Gateway.Conversations.Storage;

namespace Gateway.Tools.Copy;

/// <summary>
/// Copies one journal, or only compares it: what the target has must be its beginning, or is replaced if the options say so. Used once.
/// </summary>
internal sealed class JournalCopy(IJournal source, IJournal target, CopyOptions options)
{
    private const int LinesOfAWrite = 1_000;

    /// <summary>Whether both are the same now.</summary>
    public async ValueTask<bool> RunAsync(CancellationToken cancellationToken)
    {
        var same = await CountSameAsync(cancellationToken);
        if (same is { IsWhole: true } || options.VerifyOnly)
        {
            return same is { IsWhole: true };
        }

        if (same is { } beginning)
        {
            await foreach (var lines in source.ReadAsync(cancellationToken).Skip(beginning.Count).Chunk(LinesOfAWrite))
            {
                await target.AppendAsync(lines, cancellationToken);
            }
        }
        else if (options.Renew)
        {
            await target.ReplaceAsync(await source.ReadAsync(cancellationToken).ToListAsync(cancellationToken), cancellationToken);
        }

        return await CountSameAsync(cancellationToken) is { IsWhole: true };
    }

    /// <summary>How many lines the target has, and whether the source has no more; null when they are not its first ones.</summary>
    private async ValueTask<(int Count, bool IsWhole)?> CountSameAsync(CancellationToken cancellationToken)
    {
        await using var ours = source.ReadAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        var count = 0;
        await foreach (var line in target.ReadAsync(cancellationToken))
        {
            if (!await ours.MoveNextAsync() || ours.Current != line)
            {
                return null;
            }

            count++;
        }

        return (count, !await ours.MoveNextAsync());
    }
}
