using System.CommandLine;

using Gateway.Fixtures;
using Gateway.Fixtures.Play;
using Gateway.Fixtures.Reports;

namespace Gateway.Cli;

/// <summary><c>gateway verify</c>: plays recordings and compares.</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        var paths = new Argument<string[]>("path") { Description = "Fixtures: HAR files, or folders that are searched for them.", Arity = ArgumentArity.ZeroOrMore };
        var target = new Option<string?>("--target") { Description = "The server to verify. Without it the gateway runs in this process, on a copy of each fixture's store." };
        var level = new Option<VerifyLevel>("--level") { Description = "meaning: what a client would notice. exact: frame by frame.", DefaultValueFactory = static _ => VerifyLevel.Meaning };
        var replayOnly = new Option<bool>("--replay-only") { Description = "Compare connect and replay alone; send no actions." };
        var rules = new Option<bool>("--rules") { Description = "List the rules for intended differences, and do nothing else." };
        var jobs = new Option<int>("--jobs") { Description = "Fixtures at one time.", DefaultValueFactory = static _ => 1 };
        var timeout = new Option<double>("--timeout") { Description = "Seconds that a step waits for what the target owes before it.", DefaultValueFactory = static _ => 10 };
        var junit = new Option<FileInfo?>("--junit") { Description = "Write a JUnit report to this file." };
        var json = new Option<FileInfo?>("--json") { Description = "Write a JSON report to this file." };
        var command = new Command("verify", "Plays recorded sessions against a server and compares what it answers.") { paths, target, level, replayOnly, rules, jobs, timeout, junit, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(rules))
            {
                ConsoleReport.WriteRules(Terminal.Open());
                return 0;
            }

            var loads = FixtureLoader.LoadAll(parsed.GetValue(paths) ?? []);
            var options = new VerifyOptions(
                parsed.GetValue(level), parsed.GetValue(replayOnly), TimeSpan.FromSeconds(Math.Clamp(parsed.GetValue(timeout), 0.1, 3600)), Math.Clamp(parsed.GetValue(jobs), 1, 64));
            if (loads.Count == 0 || !TryTarget(parsed.GetValue(target), out var targets))
            {
                await Console.Error.WriteLineAsync(loads.Count == 0 ? "verify: no path was given" : "verify: --target is no http or https URL");
                return Terminal.CouldNotRun;
            }

            return await RunAsync(loads, new Verifier(targets, options, TimeProvider.System), parsed.GetValue(junit), parsed.GetValue(json), cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(IReadOnlyList<FixtureLoad> loads, Verifier verifier, FileInfo? junit, FileInfo? json, CancellationToken cancellationToken)
    {
        var report = new ConsoleReport(Terminal.Open());
        var results = await report.RunAsync(loads.Count, done => verifier.RunAsync(loads, done, cancellationToken));
        report.Write(results);
        foreach (var result in results.Where(static result => result.Problem is not null))
        {
            await Console.Error.WriteLineAsync($"verify: {result.Name}: {result.Problem}");
        }

        try
        {
            await WriteAsync(junit, FileReports.JUnit(results), cancellationToken);
            await WriteAsync(json, FileReports.Json(results), cancellationToken);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"verify: a report cannot be written: {error.Message}");
            return Terminal.CouldNotRun;
        }

        return FixtureResult.ExitCode(results);
    }

    private static bool TryTarget(string? url, out IVerifyTargetFactory targets)
    {
        if (url is null)
        {
            targets = new InProcessTargets();
            return true;
        }

        var isUrl = Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https";
        targets = new UrlTarget(address ?? new Uri("http://invalid"));
        return isUrl;
    }

    private static Task WriteAsync(FileInfo? file, string text, CancellationToken cancellationToken) =>
        file is null ? Task.CompletedTask : File.WriteAllTextAsync(file.FullName, text, cancellationToken);
}
