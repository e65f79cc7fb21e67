using System.CommandLine;

using Gateway.Primitives;
using Gateway.Tools.Har;
using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Play;
using Gateway.Tools.Verify.Reports;

namespace Gateway.Cli;

/// <summary><c>gateway verify</c>: plays recordings and compares. Owns its options; made once for a run.</summary>
internal sealed class VerifyCommand
{
    private const string Meaning = "meaning";
    private const string Exact = "exact";

    private readonly Argument<string[]> _paths = new("path")
    {
        Description = "Fixtures: HAR files, or folders that are searched for them.",
        Arity = ArgumentArity.ZeroOrMore
    };

    private readonly Option<string?> _target = new("--target")
    {
        Description = "The server to verify. Without it the gateway runs in this process, on a copy of each fixture's store."
    };

    private readonly Option<string?> _key = new("--key")
    {
        Description = "The session_api_key that the target asks for, in place of the recorded one."
    };

    private readonly Option<string[]> _headers = new("--header")
    {
        Description = "A header for every request to the target, as 'name: value'; may be given several times."
    };

    private readonly Option<string> _level = new("--level")
    {
        Description = "meaning: what a client would notice. exact: frame by frame.",
        DefaultValueFactory = static _ => Meaning
    };

    private readonly Option<bool> _replayOnly = new("--replay-only") { Description = "Compare connect and replay alone; send no actions." };

    private readonly Option<bool> _noRest = new("--no-rest") { Description = "Play the sockets alone; REST calls are counted as skipped." };

    private readonly Option<bool> _runCommands = new("--run-commands")
    {
        Description = "Run the shell commands with which a fixture says that its workspace was made. For fixtures that you trust."
    };

    private readonly Option<DirectoryInfo?> _webRoot = new("--web-root")
    {
        Description = "The built folder of the recorded web UI, for the gateway in this process. Without it the UI's files are not asked for."
    };

    private readonly Option<string> _agent = new("--agent")
    {
        Description = "Who answers in this process: recorded does again what the recorded agent did; echo and none do not know it.",
        DefaultValueFactory = static _ => InProcessTargets.RecordedAgent
    };

    private readonly Option<bool> _rules = new("--rules") { Description = "List the rules for intended differences, and do nothing else." };

    private readonly Option<int> _jobs = new Option<int>("--jobs")
    {
        Description = "Fixtures at one time.",
        DefaultValueFactory = static _ => 1,
    }.Within(1, 64);

    private readonly Option<double> _timeout = new Option<double>("--timeout")
    {
        Description = "Seconds that a step waits for what the target owes before it.",
        DefaultValueFactory = static _ => VerifyOptions.PatientStepTimeout.TotalSeconds,
    }.Within(0.1, 3_600);

    private readonly Option<FileInfo?> _junit = new("--junit") { Description = "Write a JUnit report to this file." };

    private readonly Option<FileInfo?> _json = new("--json") { Description = "Write a JSON report to this file." };

    private VerifyCommand()
    {
        _level.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, Meaning, Exact);
        _agent.AcceptOnlyFromAmong(InProcessTargets.RecordedAgent, "echo", "none");
    }

    public static Command Create()
    {
        var verify = new VerifyCommand();
        var command = new Command("verify", "Plays recorded sessions against a server and compares what it answers.")
        {
            verify._paths, verify._target, verify._key, verify._headers, verify._level, verify._replayOnly, verify._noRest,
            verify._runCommands, verify._webRoot, verify._agent, verify._rules, verify._jobs, verify._timeout, verify._junit, verify._json,
        };
        command.SetAction(verify.InvokeAsync);
        return command;
    }

    private async Task<int> InvokeAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(_rules))
        {
            ConsoleReport.WriteRules(Terminal.Open());
            return 0;
        }

        var loads = FixtureLoader.LoadAll(parsed.GetValue(_paths) ?? []);
        if ((FindProblem(parsed, loads) ?? FindReportProblem(parsed)) is { } problem)
        {
            return await Terminal.RefuseAsync("verify", problem);
        }

        IVerifyTargetFactory targets = parsed.GetValue(_target) is { } url
            ? new UrlTarget(new Uri(url))
            : new InProcessTargets(
                parsed.GetValue(_runCommands), parsed.GetRequiredValue(_agent), parsed.GetValue(_webRoot)?.FullName ?? "");
        return await RunAsync(parsed, loads, new Verifier(targets, Options(parsed), TimeProvider.System), cancellationToken);
    }

    private string? FindProblem(ParseResult parsed, IReadOnlyList<FixtureLoad> loads) => loads.Count == 0
        ? "no path was given"
        : parsed.GetValue(_target) is { } url && !HttpAddress.TryParse(url, out _)
        ? "--target is no http or https URL"
        : (parsed.GetValue(_headers) ?? []).Any(static header => !header.Contains(':'))
        ? "--header is to be given as 'name: value'"
        : parsed.GetValue(_webRoot) is not null && parsed.GetValue(_target) is not null
        ? "--web-root is for the gateway in this process; a --target serves what it serves"
        : parsed.GetValue(_webRoot) is { } folder && !File.Exists(Path.Join(folder.FullName, "index.html"))
        ? $"--web-root {folder} has no index.html: it must be the built folder of the web UI"
        : null;

    // Before the run, which may be long: its result must not be lost for a folder that is not there.
    private string? FindReportProblem(ParseResult parsed)
    {
        foreach (var file in new[] { parsed.GetValue(_junit), parsed.GetValue(_json) }.OfType<FileInfo>())
        {
            if (ReportFile.FindProblem(file) is { } problem)
            {
                return CannotBeWritten(problem);
            }
        }

        return null;
    }

    private static string CannotBeWritten(string reason) => $"a report cannot be written: {reason}";

    private VerifyOptions Options(ParseResult parsed) => new(
        string.Equals(parsed.GetValue(_level), Exact, StringComparison.OrdinalIgnoreCase) ? VerifyLevel.Exact : VerifyLevel.Meaning,
        parsed.GetValue(_replayOnly),
        TimeSpan.FromSeconds(parsed.GetValue(_timeout)),
        parsed.GetValue(_jobs))
    {
        WithRest = !parsed.GetValue(_noRest),
        Key = parsed.GetValue(_key),
        Headers =
        [
            .. (parsed.GetValue(_headers) ?? [])
                .Select(static header => header.Split(':', 2))
                .Select(static parts => new HarHeader(parts[0].Trim(), parts[1].Trim())),
        ],
    };

    private async Task<int> RunAsync(ParseResult parsed, IReadOnlyList<FixtureLoad> loads, Verifier verifier,
        CancellationToken cancellationToken)
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
            await WriteAsync(parsed.GetValue(_junit), FileReports.JUnit(results), cancellationToken);
            await WriteAsync(parsed.GetValue(_json), FileReports.Json(results), cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return await Terminal.RefuseAsync("verify", CannotBeWritten(exception.Message));
        }

        return FixtureResult.ExitCode(results);
    }

    private static Task WriteAsync(FileInfo? file, string text, CancellationToken cancellationToken) =>
        file is null ? Task.CompletedTask : File.WriteAllTextAsync(file.FullName, text, cancellationToken);
}
