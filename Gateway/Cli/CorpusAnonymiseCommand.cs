using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;

using Gateway.Tools.Corpus;
using Gateway.Tools.Verify;

namespace Gateway.Cli;

/// <summary><c>gateway corpus anonymise</c>: recordings that can be given away.</summary>
internal static class CorpusAnonymiseCommand
{
    private const int KeyBytes = 32;
    private const int DefaultJobs = 4;

    // A single one lies in the folder itself.
    private const string Alone = "recording";

    private static readonly TimeSpan s_stepTimeout = TimeSpan.FromSeconds(5);

    public static Command Create()
    {
        var paths = new Argument<string[]>("path")
        {
            Description = "Recordings, or folders that are searched for them.",
            Arity = ArgumentArity.OneOrMore,
        };
        var output = new Option<DirectoryInfo>("--out") { Description = "The folder to make, which must be empty.", Required = true };
        var refused = new Option<DirectoryInfo?>("--keep-refused")
        {
            Description = "An empty folder for the anonymised ones that verify does not prove: to look at, not to give away.",
        };
        var jobs = new Option<int>("--jobs")
        {
            Description = "Recordings at one time.",
            DefaultValueFactory = static _ => DefaultJobs,
        }.Within(1, 64);
        var command = new Command(
            "anonymise",
            "Replaces texts, paths, names and ids, the same one by the same one, and proves by verify that nothing else is changed.")
        {
            paths, output, refused, jobs,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetRequiredValue(paths),
            parsed.GetRequiredValue(output).FullName,
            parsed.GetValue(refused)?.FullName,
            parsed.GetValue(jobs),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        string[] paths, string output, string? refused, int jobs, CancellationToken cancellationToken)
    {
        if (refused == output)
        {
            return await RefuseAsync("--keep-refused is to be another folder than --out");
        }

        var recordings = await ReadableRecordings.ReadAsync("anonymise", paths);
        if (recordings.Fixtures.Count == 0)
        {
            return Terminal.CouldNotRun;
        }

        // What somebody called it may be a name as well.
        var fixtures = recordings.Fixtures.Select((fixture, index) => (
            Name: recordings.Count == 1 ? Alone : string.Create(CultureInfo.InvariantCulture, $"recording-{index + 1:000}"),
            Fixture: fixture)).ToList();
        var work = Directory.CreateTempSubdirectory("gateway-anonymise-");
        var made = new AnonymisedOutput(work.FullName, output, Alone);
        try
        {
            CorpusFiles.RefuseFilled(output);
            CorpusFiles.RefuseFilled(refused ?? output);
            var options = new VerifyOptions(VerifyLevel.Meaning, ReplayOnly: false, s_stepTimeout, jobs);
            using var anonymiser = new Anonymiser(
                new InProcessTargets(), options, RandomNumberGenerator.GetBytes(KeyBytes), TimeProvider.System);
            var line = new ProgressLine(() => $"{made.Proven} of {fixtures.Count} recordings are proven, {made.Refused} are not",
                TimeProvider.System);
            IReadOnlyList<AnonymisedFixture> results;
            using (line.Begin())
            {
                results = await anonymiser.RunAsync(fixtures, work.FullName, made.Take, cancellationToken);
            }

            var exitCode = await TellAsync(results, made, refused, anonymiser.Learnt);
            return recordings.IsPartial ? Terminal.CouldNotRun : exitCode;
        }
        catch (OperationCanceledException)
        {
            return await RefuseAsync(string.Create(
                CultureInfo.InvariantCulture, $"stopped; {made.Proven} of {fixtures.Count} recordings were proven by then"
                + $"{(made.Proven > 0 ? $", and are in {output}" : "")}"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return await RefuseAsync(exception.Message);
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    private static async Task<int> TellAsync(
        IReadOnlyList<AnonymisedFixture> results, AnonymisedOutput made, string? refused, int learnt)
    {
        var failed = results.Where(static one => one.Problem is not null).ToList();
        foreach (var one in failed)
        {
            if (refused is not null)
            {
                made.Keep(one, refused);
            }

            var place = refused is null ? "" : $", and kept as {made.PlaceOf(one, refused)}";
            await RefuseAsync($"{one.Path}: {one.Problem}; it is left out{place}");
        }

        if (failed.Count > 0)
        {
            await RefuseAsync(refused is null
                ? "--keep-refused DIR keeps what was left out; 'gateway verify DIR' then shows the differences"
                : $"'gateway verify {refused}' shows the differences; they are not to be given away");
        }

        if (failed.Count < results.Count)
        {
            await Console.Out.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"{results.Count - failed.Count} of {results.Count} recordings are in {made.Folder}; verify says the same of them as of "
                + $"the originals. {learnt} words of the server's own were kept."));
        }

        return failed.Count == 0 ? 0 : Terminal.CouldNotRun;
    }

    private static Task<int> RefuseAsync(string problem) => Terminal.RefuseAsync("anonymise", problem);
}
