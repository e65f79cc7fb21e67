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

    // A single one lies in the folder itself.
    private const string Alone = "recording";

    private static readonly TimeSpan s_stepTimeout = TimeSpan.FromSeconds(5);

    public static Command Create()
    {
        var path = new Argument<string>("path") { Description = "A recording, or a folder that is searched for them." };
        var output = new Option<DirectoryInfo>("--out") { Description = "The folder to make, which must be empty.", Required = true };
        var command = new Command(
            "anonymise",
            "Replaces texts, paths, names and ids, the same one by the same one, and proves by verify that nothing else is changed.")
        {
            path, output,
        };
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(parsed.GetRequiredValue(path), parsed.GetRequiredValue(output).FullName, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string path, string output, CancellationToken cancellationToken)
    {
        var loads = FixtureLoader.LoadAll([path]);
        if (loads.FirstOrDefault(static load => load.Fixture is null) is { Path: not null } none)
        {
            return await RefuseAsync($"{none.Path} {none.Problem}");
        }

        // What somebody called it may be a name as well.
        var fixtures = loads.Select((load, index) => (
            Name: loads.Count == 1 ? Alone : string.Create(CultureInfo.InvariantCulture, $"recording-{index + 1:000}"),
            Fixture: load.Fixture ?? throw new InvalidOperationException("A fixture that was loaded is not there."))).ToList();
        var work = Directory.CreateTempSubdirectory("gateway-anonymise-");
        try
        {
            CorpusFiles.RefuseFilled(output);
            var options = new VerifyOptions(VerifyLevel.Meaning, ReplayOnly: false, s_stepTimeout, Jobs: 1);
            var anonymiser = new Anonymiser(
                new InProcessTargets(), options, RandomNumberGenerator.GetBytes(KeyBytes), TimeProvider.System);
            var made = await anonymiser.RunAsync(fixtures, work.FullName, cancellationToken);
            foreach (var failed in made.Where(static one => one.Problem is not null))
            {
                await RefuseAsync($"{failed.Path}: {failed.Problem}; it is left out");
            }

            var good = made.Where(static one => one.Problem is null).ToList();
            if (good.Count > 0)
            {
                CorpusFiles.Make(output, building => Copy(good, work.FullName, building));
                await Console.Out.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{good.Count} of {made.Count} recordings are in {output}; verify says the same of them as of the originals. "
                    + $"{anonymiser.Learnt} words of the server's own were kept."));
            }

            return good.Count == made.Count ? 0 : Terminal.CouldNotRun;
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

    private static void Copy(List<AnonymisedFixture> fixtures, string from, string to)
    {
        foreach (var fixture in fixtures)
        {
            var source = Path.Combine(from, fixture.Name);
            foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
            {
                var copy = Path.Combine(to, fixture.Name == Alone ? "" : fixture.Name, Path.GetRelativePath(source, file));
                Directory.CreateDirectory(Path.GetDirectoryName(copy) ?? to);
                File.Copy(file, copy);
            }
        }
    }

    private static async Task<int> RefuseAsync(string problem)
    {
        await Console.Error.WriteLineAsync($"anonymise: {problem}");
        return Terminal.CouldNotRun;
    }
}
