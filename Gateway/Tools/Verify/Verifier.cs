using Gateway.Tools.Verify.Play;
using Gateway.Tools.Verify.Rules;
using Gateway.Tools.Verify.Wire;

namespace Gateway.Tools.Verify;

/// <summary>Plays fixtures against targets and compares. Thread-safe; a fixture's failure is its own result.</summary>
internal sealed class Verifier(IVerifyTargetFactory targets, VerifyOptions options, TimeProvider timeProvider)
{
    /// <param name="done">Told of each result as it comes, from any thread.</param>
    public async Task<IReadOnlyList<FixtureResult>> RunAsync(IReadOnlyList<FixtureLoad> loads, Action<FixtureResult> done,
        CancellationToken cancellationToken)
    {
        var results = new FixtureResult[loads.Count];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, options.Jobs), CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(Enumerable.Range(0, loads.Count), parallel, async (index, token) =>
        {
            results[index] = (await RunAsync(loads[index], token)) with { Path = loads[index].Path };
            done(results[index]);
        });
        return results;
    }

    private async Task<FixtureResult> RunAsync(FixtureLoad load, CancellationToken cancellationToken)
    {
        if (load.Fixture is not { } fixture)
        {
            return new FixtureResult { Name = load.Path, Problem = load.Problem };
        }

        var started = timeProvider.GetTimestamp();
        try
        {
            return await RunAsync(fixture, cancellationToken) with { Duration = timeProvider.GetElapsedTime(started) };
        }
        catch (Exception exception) when (exception is TargetException or TimeoutException or IOException or UnauthorizedAccessException)
        {
            return new FixtureResult { Name = fixture.Name, Problem = exception.Message, Duration = timeProvider.GetElapsedTime(started) };
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // One fixture must not end the run of the others.
            return new FixtureResult
            {
                Name = fixture.Name,
                Problem = $"failed: {exception}",
                Duration = timeProvider.GetElapsedTime(started),
            };
        }
    }

    private async Task<FixtureResult> RunAsync(Fixture fixture, CancellationToken cancellationToken)
    {
        var session = new RecordedSession(fixture);
        var settings = TargetSettingsReader.Read(session) with { PlaysRest = options.PlaysRest };
        var rest = new RestComparison(session, IntendedDifferences.For(fixture.Info), targets.Traits.MakesWorkspace,
            targets.Traits.IsOurs ? null : timeProvider.GetUtcNow());
        var played = PlayedSession.Empty;
        var credentials = new TargetCredentials(options.Key, settings.SessionApiKey, options.Headers);
        if (session.Connections.Count + session.UnmatchedRequests.Count > 0 || (options.PlaysRest && session.RestCalls.Count > 0))
        {
            var play = new PlayOptions(options.StepTimeout, options.ReplayOnly)
            {
                WithRest = options.PlaysRest,
                KeepsPace = settings.RateLimit,
                Credentials = credentials,
            };
            await using var target = await targets.StartAsync(fixture, settings, cancellationToken);
            await using var player = new SessionPlayer(session, target, rest.IsAsRecorded, play, timeProvider);
            played = await player.PlayAsync(cancellationToken);
        }

        var result = SessionComparison.Compare(session, played, rest, options);
        return result with
        {
            Notes =
            [
                .. ResultNotes.Of(session, played, credentials, targets.Traits),
                .. ResultNotes.OfDifferences(session, result, targets.Traits, options),
            ],
        };
    }
}
