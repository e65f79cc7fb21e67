using System.Globalization;

using Gateway.Tools.Import;

namespace Gateway.Tools.History;

/// <summary>
/// Writes V1 conversations as V0 keeps them: a store, or a trajectory. What is written is whole; a conversation that cannot be read to its
/// end is left out, and told. Used by one run.
/// </summary>
internal sealed class HistoryExporter(HistoryReport report, TimeProvider timeProvider)
{
    /// <param name="logs">What to write, one in memory at a time.</param>
    /// <param name="store">A folder that is empty, or not there yet.</param>
    /// <param name="cancellationToken">Ends the reading; then nothing is written.</param>
    public async Task WriteStoreAsync(IReadOnlyList<IV1Log> logs, string store, CancellationToken cancellationToken)
    {
        using var folder = NewFolder.At(store);
        foreach (var log in logs)
        {
            if (await BuildAsync(log, cancellationToken) is { } built && built.Events.Count > 0)
            {
                StoreFolder.Write(folder.Building, NameOf(log), built.Events, log.Title, log.Created ?? timeProvider.GetUtcNow());
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

    /// <summary>One conversation as the array that V0 exports.</summary>
    /// <param name="log">The conversation.</param>
    /// <param name="path">A file that is not there yet.</param>
    /// <param name="cancellationToken">As there.</param>
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
        }
        finally
        {
            File.Delete(building);
        }
    }

    private async Task<V0LogBuilder?> BuildAsync(IV1Log log, CancellationToken cancellationToken)
    {
        var where = $"conversation {NameOf(log)}";
        var built = new V0LogBuilder(timeProvider);
        var answer = await log.ReadAsync(built.Add, cancellationToken);
        if (answer.Problem is { } problem)
        {
            report.AddProblem(where, problem);
            report.Failure = answer.IsGone ? $"{where}: {problem}" : null;
            return null;
        }

        built.End();
        report.AddDone(built.Taken, built.Events.Count);
        foreach (var (kind, why, count) in built.NotShown)
        {
            report.Add(
                where,
                $"`{kind}`: {why ?? "a kind that this version does not know"}",
                isContent: why is null,
                count,
                [string.Create(CultureInfo.InvariantCulture, $"{count} of them")]);
        }

        return built;
    }

    private static string NameOf(IV1Log log) => log.Id.ToString("N", CultureInfo.InvariantCulture);
}
