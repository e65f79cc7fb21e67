using System.CommandLine;
using System.Globalization;

using Gateway.Tools.Corpus;
using Gateway.Tools.Har;
using Gateway.Tools.Readiness;
using Gateway.Tools.Verify;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

using Spectre.Console;

namespace Gateway.Cli;

/// <summary><c>gateway corpus minimise</c>: a small set of recordings that shows all that a corpus shows.</summary>
internal static class CorpusMinimiseCommand
{
    private const int ShownFeatures = 6;

    public static Command Create()
    {
        var paths = new Argument<string[]>("path")
        {
            Description = "Recordings, or folders that are searched for them.",
            Arity = ArgumentArity.OneOrMore,
        };
        var forms = new Option<bool>("--forms")
        {
            Description = "Each form of a feature counts as a feature: a status of a route, a size, a state.",
        };
        var output = new Option<DirectoryInfo?>("--out") { Description = "Copy the set into this folder, which must be empty." };
        var json = new Option<bool>("--json") { Description = "As JSON." };
        var command = new Command(
            "minimise", "Finds a small set of recordings that covers every feature of readiness's table that all of them cover.")
        {
            paths, forms, output, json,
        };
        command.SetAction(async (parsed, _) =>
        {
            var given = parsed.GetRequiredValue(paths);
            var recordings = await ReadableRecordings.ReadAsync("minimise", given);
            var root = RootOf(given);
            var fixtures = new Dictionary<string, Fixture>();
            foreach (var fixture in recordings.Fixtures)
            {
                if (RecordedVersion.FindProblem(fixture) is { } remark)
                {
                    await Console.Error.WriteLineAsync($"minimise: {fixture.HarPath} {remark}");
                }

                if (RecordedVersion.IsV1(fixture))
                {
                    continue;
                }

                fixtures[NameOf(fixture, root)] = fixture;
            }

            if (fixtures.Count == 0)
            {
                return Terminal.CouldNotRun;
            }

            var items = fixtures.Select(pair => CorpusFiles.ItemOf(pair.Value, pair.Key, parsed.GetValue(forms))).ToList();
            var cover = CorpusCover.Find(items);
            if (parsed.GetValue(output) is { } target && await TryCopyAsync(cover, fixtures, target.FullName) is { } problem)
            {
                return await Terminal.RefuseAsync("minimise", problem);
            }

            await WriteAsync(items, cover, recordings, parsed.GetValue(json));
            return recordings.IsPartial ? Terminal.CouldNotRun : 0;
        });
        return command;
    }

    // The folder that all paths are under, so that each recording's place in it is a name of its own.
    private static string RootOf(IReadOnlyList<string> paths)
    {
        var folders = paths
            .Select(static path => Path.GetFullPath(path))
            .Select(static path => File.Exists(path) ? Path.GetDirectoryName(path) ?? path : path)
            .ToList();
        var root = Path.TrimEndingDirectorySeparator(folders[0]);
        while (Path.GetDirectoryName(root) is { } parent && folders.Any(folder => !IsUnder(folder, root)))
        {
            root = parent;
        }

        return root;
    }

    private static bool IsUnder(string folder, string root) =>
        folder == root || folder.StartsWith(
            Path.EndsInDirectorySeparator(root) ? root : root + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    // By the folder that it is in; of several in one folder, by its file as well.
    private static string NameOf(Fixture fixture, string root)
    {
        var folder = Path.GetRelativePath(root, CorpusFiles.FolderOf(fixture));
        return Path.GetFileName(fixture.HarPath) == HarFile.FixtureName && folder != "." ? folder : Path.Combine(folder, fixture.Name);
    }

    private static Task<string?> TryCopyAsync(IReadOnlyList<CoverStep> cover, Dictionary<string, Fixture> fixtures, string target)
    {
        try
        {
            CorpusFiles.Make(target, building =>
            {
                foreach (var step in cover)
                {
                    CorpusFiles.Copy(fixtures[step.Item.Path], Path.Combine(building, step.Item.Path));
                }
            });
            return Task.FromResult<string?>(null);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Task.FromResult<string?>(exception.Message);
        }
    }

    private static async Task WriteAsync(
        List<CorpusItem> items, IReadOnlyList<CoverStep> cover, ReadableRecordings recordings, bool asJson)
    {
        var features = items.SelectMany(static item => item.Features).Distinct(StringComparer.Ordinal).Count();
        var (before, after) = (items.Sum(static item => item.Bytes), cover.Sum(static step => step.Item.Bytes));
        if (asJson)
        {
            await Console.Out.WriteLineAsync(new JObject
            {
                ["partial"] = recordings.IsPartial,
                ["problems"] = new JArray(recordings.Problems),
                ["features"] = features,
                ["recordings"] = new JObject { ["before"] = items.Count, ["after"] = cover.Count },
                ["bytes"] = new JObject { ["before"] = before, ["after"] = after },
                ["cover"] = new JArray(cover.Select(static step => new JObject
                {
                    ["recording"] = step.Item.Path,
                    ["bytes"] = step.Item.Bytes,
                    ["adds"] = new JArray(step.Added),
                })),
            }.ToString(Formatting.Indented));
            return;
        }

        var table = new Table().Border(TableBorder.Rounded)
            .AddColumn("recording")
            .AddColumn("KiB", static column => column.RightAligned())
            .AddColumn("adds", static column => column.RightAligned())
            .AddColumn("features");
        foreach (var step in cover)
        {
            var more = step.Added.Count - ShownFeatures;
            table.AddRow(
                Markup.Escape(step.Item.Path),
                Kibibytes(step.Item.Bytes),
                step.Added.Count.ToString(CultureInfo.InvariantCulture),
                Markup.Escape(string.Join(", ", step.Added.Take(ShownFeatures)) + (more > 0 ? $" and {more} more" : "")));
        }

        var console = Terminal.Open();
        console.Write(table);
        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{cover.Count} of {items.Count} recordings cover all {features} features, in {Kibibytes(after)} of {Kibibytes(before)} KiB."));
        if (recordings.IsPartial)
        {
            console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"Partial: {recordings.Problems.Count} could not be read, and what they alone show is not covered."));
        }
    }

    private static string Kibibytes(long bytes) => Math.Ceiling(bytes / 1024.0).ToString("N0", CultureInfo.InvariantCulture);
}
