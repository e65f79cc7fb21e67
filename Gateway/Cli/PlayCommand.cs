using System.CommandLine;

using Gateway.Primitives;
using Gateway.Tools.Corpus;
using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Play;

namespace Gateway.Cli;

/// <summary><c>gateway play</c>: recordings as load. Owns its options; made once for a run.</summary>
internal sealed class PlayCommand
{
    private const int MaxTimes = 10_000_000;
    private const int MaxAtOnce = 1_000;
    private const double ShortestSeconds = 0.1;
    private const double LongestSeconds = 86_400;

    private readonly Argument<string[]> _paths = new("path") { Description = "Recordings, or folders that are searched for them." };

    private readonly Option<string> _url = new("--url") { Description = "The server to play them against.", Required = true };

    private readonly Option<int> _times = new Option<int>("--times")
    {
        Description = "Sessions in all.",
        DefaultValueFactory = static _ => 100,
    }.Within(1, MaxTimes);

    private readonly Option<double> _speed = new Option<double>("--speed")
    {
        Description = "How many times as fast as recorded; 0 for as fast as the server answers.",
        DefaultValueFactory = static _ => 1,
    }.Within(0, 1_000_000);

    private readonly Option<int> _jobs = new Option<int>("--jobs")
    {
        Description = "Sessions at one time.",
        DefaultValueFactory = static _ => 8,
    }.Within(1, MaxAtOnce);

    private readonly Option<string?> _key = new("--key")
    {
        Description = "The session_api_key of the server, in place of the recorded one.",
    };

    private readonly Option<bool> _noRest = new("--no-rest") { Description = "Play the sockets alone." };

    private readonly Option<double> _timeout = new Option<double>("--timeout")
    {
        Description = "Seconds that a client waits for what the recorded server had sent it before its next step.",
        DefaultValueFactory = static _ => 10,
    }.Within(ShortestSeconds, LongestSeconds);

    private readonly Option<double> _limit = new Option<double>("--limit")
    {
        Description = "Seconds after which no session is begun.",
        DefaultValueFactory = static _ => 3_600,
    }.Within(ShortestSeconds, LongestSeconds);

    private readonly Option<bool> _json = new("--json") { Description = "As JSON." };

    public static Command Create()
    {
        var play = new PlayCommand();
        var command = new Command(
            "play",
            "Plays recorded clients against a server as load, and says how long it took. "
            + "Exit code 1 when sessions failed or it was stopped, 2 when none could be played or not all could be read.")
        {
            play._paths, play._url, play._times, play._speed, play._jobs, play._key, play._noRest, play._timeout, play._limit, play._json,
        };
        command.SetAction(play.InvokeAsync);
        return command;
    }

    private async Task<int> InvokeAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        if (FindProblem(parsed) is { } problem)
        {
            return await RefuseAsync(problem);
        }

        var recordings = await ReadableRecordings.ReadAsync("play", parsed.GetValue(_paths) ?? []);
        if (recordings.Fixtures.Count == 0)
        {
            return Terminal.CouldNotRun;
        }

        var options = new LoadOptions(
            parsed.GetValue(_times),
            parsed.GetValue(_speed),
            Math.Min(parsed.GetValue(_jobs), parsed.GetValue(_times)),
            TimeSpan.FromSeconds(parsed.GetValue(_limit)),
            TimeSpan.FromSeconds(parsed.GetValue(_timeout)))
        {
            Key = parsed.GetValue(_key),
            WithRest = !parsed.GetValue(_noRest),
        };
        var target = new UrlTarget(new Uri(parsed.GetRequiredValue(_url)));
        var result = await new LoadPlay(recordings.Fixtures, target, options, TimeProvider.System).RunAsync(cancellationToken);
        if (result.Problem is { } failed)
        {
            await RefuseAsync(failed);
        }

        if (result.Played > 0 || result.IsStopped)
        {
            await PlayDisplay.WriteAsync(result, recordings, parsed.GetValue(_json));
        }

        return result.Played == 0 || recordings.IsPartial ? Terminal.CouldNotRun
            : result.Failed > 0 || result.IsStopped ? 1
            : 0;
    }

    private string? FindProblem(ParseResult parsed) =>
        parsed.GetValue(_paths) is not [_, ..] ? "no path was given"
        : !HttpAddress.TryParse(parsed.GetRequiredValue(_url), out _) ? "--url is no http or https URL"
        : null;

    private static Task<int> RefuseAsync(string problem) => Terminal.RefuseAsync("play", problem);
}
