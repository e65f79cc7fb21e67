using System.Globalization;

using Gateway.Tools.Import;

namespace Gateway.Tools.History;

/// <summary>
/// Writes V1 conversations as V0 keeps them: a store, or a trajectory. What is written is whole; a conversation that cannot be read to its
/// end is left out, and told. What is counted as done is there. Used by one run.
/// </summary>
internal sealed class HistoryExporter(HistoryReport report, TimeProvider timeProvider)
{
    /// <param name="logs">What to write, one in memory at a time.</param>
    /// <param name="store">A folder that is empty, or not there yet.</param>
    /// <param name="cancellationToken">Ends the reading; then nothing is written.</param>
    /// <exception cref="IOException">It cannot be written; nothing of it is there.</exception>
    public async Task WriteStoreAsync(IReadOnlyList<IV1Log> logs, string store, CancellationToken cancellationToken)
    {
        using var folder = NewFolder.At(store);
        try
        {
            foreach (var log in logs)
            {
                if (await BuildAsync(log, cancellationToken) is { } built)
                {
                    if (built.Events.Count > 0)
                    {
                        StoreFolder.Write(folder.Building, NameOf(log), built.Events, log.Title, log.Created ?? timeProvider.GetUtcNow());
                    }

                    AddDone(log, built);
                }

                if (report.Failure is not null)
                {
                    break;
                }
            }

            if (report.Done > 0)
            {
                folder.Move();
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            report.TakeBackDone();
            throw;
        }
    }

    /// <summary>One conversation as the array that V0 exports.</summary>
    /// <param name="log">The conversation.</param>
    /// <param name="path">A file that is not there yet.</param>
    /// <param name="cancellationToken">As there.</param>
    /// <exception cref="IOException">As there.</exception>
    public async Task WriteTrajectoryAsync(IV1Log log, string path, CancellationToken cancellationToken)
    {
        if (await BuildAsync(log, cancellationToken) is not { } built)
        {
            return;
        }

        var building = path + ".tmp";
        try
        {
            await using (var file = File.Create(building))
            {
                file.Write("["u8);
                foreach (var (id, json) in built.Events)
                {
                    file.Write(id > 0 ? ",\n"u8 : "\n"u8);
                    await file.WriteAsync(json, cancellationToken);
                }

                file.Write("\n]\n"u8);
            }

            File.Move(building, path);
            AddDone(log, built);
        }
        finally
        {
            File.Delete(building);
        }
    }

    private async Task<V0LogBuilder?> BuildAsync(IV1Log log, CancellationToken cancellationToken)
    {
        var built = new V0LogBuilder(timeProvider);
        var answer = await log.ReadAsync(built.Add, cancellationToken);
        if (answer.Problem is { } problem)
        {
            report.AddProblem(WhereIs(log), problem);
            report.Failure = answer.IsGone ? $"{WhereIs(log)}: {problem}" : null;
            return null;
        }

        built.End();
        return built;
    }

    private void AddDone(IV1Log log, V0LogBuilder built)
    {
        report.AddDone(built.Taken, built.Events.Count);
        foreach (var (kind, why, count) in built.NotShown)
        {
            report.Add(
                WhereIs(log),
                $"`{kind}`: {why ?? "a kind that this version does not know"}",
                isContent: why is null,
                count,
                [string.Create(CultureInfo.InvariantCulture, $"{count} of them")]);
        }
    }

    private static string WhereIs(IV1Log log) => $"conversation {NameOf(log)}";

    private static string NameOf(IV1Log log) => log.Id.ToString("N", CultureInfo.InvariantCulture);
}
