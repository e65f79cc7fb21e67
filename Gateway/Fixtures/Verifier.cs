using Gateway.Fixtures.Compare;
using Gateway.Fixtures.Play;
using Gateway.Fixtures.Rules;
using Gateway.Fixtures.Wire;
using Gateway.Primitives.Har;

namespace Gateway.Fixtures;

/// <summary>Plays fixtures against targets and compares. Thread-safe; a fixture's failure is its own result.</summary>
internal sealed class Verifier(IVerifyTargetFactory targets, VerifyOptions options, TimeProvider timeProvider)
{
    /// <param name="done">Told of each result as it comes, from any thread.</param>
    public async Task<IReadOnlyList<FixtureResult>> RunAsync(IReadOnlyList<FixtureLoad> loads, Action<FixtureResult> done, CancellationToken cancellationToken)
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
        catch (Exception error) when (error is TargetException or TimeoutException or IOException or UnauthorizedAccessException)
        {
            return new FixtureResult { Name = fixture.Name, Problem = error.Message, Duration = timeProvider.GetElapsedTime(started) };
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            // One fixture must not end the run of the others.
            return new FixtureResult { Name = fixture.Name, Problem = $"failed: {error}", Duration = timeProvider.GetElapsedTime(started) };
        }
    }

    private async Task<FixtureResult> RunAsync(Fixture fixture, CancellationToken cancellationToken)
    {
        var session = new RecordedSession(fixture);
        var played = new PlayedSession(new Dictionary<int, ConnectionView>(), new Dictionary<int, IReadOnlyList<HttpOutcome>>(), [], new Dictionary<string, EventIdMap>());
        if (session.Connections.Count + session.OddRequests.Count > 0)
        {
            await using var target = await targets.StartAsync(fixture, TargetSettingsReader.Read(session), cancellationToken);
            await using var player = new SessionPlayer(session, target, new PlayOptions(options.StepTimeout, options.ReplayOnly), timeProvider);
            played = await player.PlayAsync(cancellationToken);
        }

        return SessionJudge.Judge(session, played, options);
    }

    /// <summary>How a skipped exchange is named: method and path, ids left out.</summary>
    public static string NameOf(HarEntry entry)
    {
        var parts = entry.Url.AbsolutePath.Split('/').Select(static part => part.Length >= 16 && part.All(char.IsAsciiLetterOrDigit) ? "{id}" : part);
        return $"{entry.Method} {string.Join('/', parts)}";
    }
}
