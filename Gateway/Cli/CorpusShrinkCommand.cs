using System.CommandLine;
using System.Globalization;

using Gateway.Primitives;
using Gateway.Tools.Corpus;
using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Play;

namespace Gateway.Cli;

/// <summary>
/// <c>gateway corpus shrink</c>: the shortest session that still shows the same difference. Owns its options; made once for a run.
/// </summary>
internal sealed class CorpusShrinkCommand
{
    private readonly Argument<string> _path = new("fixture") { Description = "A fixture in which verify finds a difference." };

    private readonly Option<DirectoryInfo> _out = new("--out")
    {
        Description = "The folder to make, which must be empty.",
        Required = true,
    };

    private readonly Option<int> _number = new Option<int>("--difference")
    {
        Description = "Which difference, counted from 1 as verify --json lists them.",
        DefaultValueFactory = static _ => 1,
    }.Within(1, int.MaxValue);

    private readonly Option<string?> _target = new("--target")
    {
        Description = "The server to verify. Without it the gateway runs in this process, on a copy of what is left of the store.",
    };

    private readonly Option<string> _agent = new("--agent")
    {
        Description = "Who answers in this process, as for verify.",
        DefaultValueFactory = static _ => InProcessTargets.RecordedAgent,
    };

    private readonly Option<bool> _noRest = new("--no-rest") { Description = "Play the sockets alone." };

    private readonly Option<bool> _runCommands = new("--run-commands") { Description = "As for verify: for fixtures that you trust." };

    private readonly Option<double> _timeout = new Option<double>("--timeout")
    {
        Description = "Seconds that a step waits for what the target owes before it. Each session that lacks something waits as long, "
            + "and the first, which finds the difference, 10 at least.",
        DefaultValueFactory = static _ => 2,
    }.Within(0.1, 3_600);

    private readonly Option<double> _limit = new Option<double>("--limit")
    {
        Description = "Seconds after which what is shortest by then is the result, as it is where the search is stopped.",
        DefaultValueFactory = static _ => 600,
    }.Within(1, 86_400);

    private CorpusShrinkCommand() => _agent.AcceptOnlyFromAmong(InProcessTargets.RecordedAgent, "echo", "none");

    public static Command Create()
    {
        var shrink = new CorpusShrinkCommand();
        var command = new Command(
            "shrink", "Leaves out connections, calls, events and frames for as long as verify still shows the same difference.")
        {
            shrink._path, shrink._out, shrink._number, shrink._target, shrink._agent, shrink._noRest, shrink._runCommands, shrink._timeout,
            shrink._limit,
        };
        command.SetAction(shrink.InvokeAsync);
        return command;
    }

    private async Task<int> InvokeAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var loads = FixtureLoader.LoadAll([parsed.GetRequiredValue(_path)]);
        var output = parsed.GetRequiredValue(_out).FullName;
        if (FindProblem(parsed, loads) is { } problem)
        {
            return await RefuseAsync(problem);
        }

        var fixture = loads[0].Fixture ?? throw new InvalidOperationException("A fixture that was loaded is not there.");
        try
        {
            CorpusFiles.RefuseFilled(output);
            var result = await ShrinkerOf(parsed).RunAsync(fixture, parsed.GetValue(_number), cancellationToken);
            if (result.Problem is { } refused)
            {
                return await RefuseAsync(refused);
            }

            CorpusFiles.Make(output, building => FixtureParts.Read(fixture).Write(building, result.LeftOut));
            await SayAsync(result, output);
            return 0;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return await RefuseAsync(exception.Message);
        }
    }

    private string? FindProblem(ParseResult parsed, IReadOnlyList<FixtureLoad> loads) => loads switch
    {
        [{ Fixture: null } none] => $"{none.Path} {none.Problem}",
        not [_] => $"{parsed.GetValue(_path)} holds {loads.Count} recordings; name one",
        _ when parsed.GetValue(_target) is { } url && !HttpAddress.TryParse(url, out _) => "--target is no http or https URL",
        _ => null,
    };

    private FixtureShrinker ShrinkerOf(ParseResult parsed)
    {
        IVerifyTargetFactory targets = parsed.GetValue(_target) is { } url
            ? new UrlTarget(new Uri(url))
            : new InProcessTargets(parsed.GetValue(_runCommands), parsed.GetRequiredValue(_agent));
        var options = new VerifyOptions(
            VerifyLevel.Meaning, ReplayOnly: false, TimeSpan.FromSeconds(parsed.GetValue(_timeout)), Jobs: 1)
        {
            WithRest = !parsed.GetValue(_noRest),
        };
        return new FixtureShrinker(targets, options, TimeSpan.FromSeconds(parsed.GetValue(_limit)), TimeProvider.System);
    }

    private static async Task SayAsync(ShrinkResult result, string output)
    {
        var end = result.End switch
        {
            ShrinkEnd.Limit => "; the search was ended before it was done (--limit), and more time may give a shorter one",
            ShrinkEnd.Stopped => "; the search was stopped before it was done, and more time may give a shorter one",
            _ => "",
        };
        await Console.Out.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Difference}: {result.Frames} of {result.FramesBefore} frames and {result.Files} of {result.FilesBefore} files of "
            + $"the stores are left, after {result.Plays} sessions{end}."));
        await Console.Out.WriteLineAsync($"Verify it: gateway verify {output}");
    }

    private static Task<int> RefuseAsync(string problem) => Terminal.RefuseAsync("shrink", problem);
}
