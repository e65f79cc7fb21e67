using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Compare;
using Gateway.Tools.Verify.Play;

using Newtonsoft.Json;

namespace Gateway.Tools.Corpus;

/// <summary>What became of a fixture. Immutable.</summary>
/// <param name="Problem">Why it cannot be given away; null when verify says the same of it as of the original.</param>
internal sealed record AnonymisedFixture(string Path, string Name, string? Problem);

/// <summary>
/// Masks fixtures, several at one time, and proves by verify that they still say the same. Words that the verified gateway says of itself
/// are not known beforehand: where it differs from what was masked, its words are kept, and it is masked again. Used once, by one caller.
/// </summary>
internal sealed class Anonymiser : IDisposable
{
    private const int MaxRounds = 8;

    private readonly TextMask _texts;
    private readonly Verifier _verifier;
    private readonly int _jobs;

    // Who has it may mask and learn.
    private readonly SemaphoreSlim _masking = new(1);

    /// <param name="targets">Gateways of this process: what is said by others might hold words of users.</param>
    /// <param name="key">Secret bytes for the words.</param>
    public Anonymiser(IVerifyTargetFactory targets, VerifyOptions options, byte[] key, TimeProvider timeProvider)
    {
        _texts = new TextMask(new WordMap(key));
        _verifier = new Verifier(targets, options, timeProvider);
        _jobs = Math.Max(1, options.Jobs);
    }

    /// <summary>Words of the server's own that were found on the way.</summary>
    public int Learnt => _texts.Learnt;

    /// <param name="fixtures">By the name that each is to have.</param>
    /// <param name="folder">An empty one; the masked fixtures are written into it, those with a problem as well.</param>
    /// <param name="done">
    /// Told of each fixture as soon as it is known what became of it, from any thread; once more when a word that was learnt from another
    /// one has changed it.
    /// </param>
    public async Task<IReadOnlyList<AnonymisedFixture>> RunAsync(IReadOnlyList<(string Name, Fixture Fixture)> fixtures, string folder,
        Action<AnonymisedFixture> done, CancellationToken cancellationToken)
    {
        var works = fixtures.Select(one => new AnonymisedWork(one.Fixture, one.Name, Path.Combine(folder, one.Name))).ToList();
        for (var round = 0; round < MaxRounds && works.Any(work => work.Learnt < Learnt); round++)
        {
            await EachAsync(works.Where(work => work.Learnt < Learnt), (work, token) => ProveAsync(work, done, token), cancellationToken);
        }

        return [.. works.Select(static work => work.Result)];
    }

    public void Dispose() => _masking.Dispose();

    private Task EachAsync(
        IEnumerable<AnonymisedWork> works, Func<AnonymisedWork, CancellationToken, Task> act, CancellationToken cancellationToken)
    {
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = _jobs, CancellationToken = cancellationToken };
        return Parallel.ForEachAsync(works.ToList(), parallel, async (work, token) => await act(work, token));
    }

    // One that was proven before stays as it was when it is not proven again: each has its own proof.
    private async Task ProveAsync(AnonymisedWork work, Action<AnonymisedFixture> done, CancellationToken cancellationToken)
    {
        var before = work.Before ??= await VerifyAsync(work.Fixture.HarPath, cancellationToken);
        string? problem = null;
        var isNew = false;
        for (var round = 0; round < MaxRounds && await MaskAsync(work, cancellationToken); round++)
        {
            isNew = true;
            var after = await VerifyAsync(work.Folder, cancellationToken);
            problem = AnonymisedProblem.Find(before, after);
            if (problem is null || !await LearnAsync(after, cancellationToken))
            {
                break;
            }
        }

        if (isNew)
        {
            work.Problem = work.Problem is null ? null : problem;
            done(work.Result with { Problem = problem });
        }
    }

    /// <returns>False when it is the same as before.</returns>
    private async Task<bool> MaskAsync(AnonymisedWork work, CancellationToken cancellationToken)
    {
        await _masking.WaitAsync(cancellationToken);
        try
        {
            work.Learnt = Learnt;
            return work.Write(new FixtureMask(_texts));
        }
        finally
        {
            _masking.Release();
        }
    }

    private async Task<FixtureResult> VerifyAsync(string path, CancellationToken cancellationToken) =>
        (await _verifier.RunAsync(FixtureLoader.LoadAll([path]), static _ => { }, cancellationToken)).Single();

    private async Task<bool> LearnAsync(FixtureResult result, CancellationToken cancellationToken)
    {
        await _masking.WaitAsync(cancellationToken);
        try
        {
            // Of a list, what is missing and what is there instead are differences of their own.
            // All differences of one answer have that whole answer.
            var recorded = string.Join(' ', result.Differences.SelectMany(Recorded).Distinct());
            return _texts.Learn(string.Join(' ', result.Differences.SelectMany(Said).Distinct()), recorded);
        }
        finally
        {
            _masking.Release();
        }
    }

    private static IEnumerable<string> Said(Difference difference) => new[]
    {
        difference.Actual?.ToString(Formatting.None),
        difference.ActualPacket?.Text,
        difference.ActualEvent?.Event.Json.ToString(Formatting.None),
        difference.Rest?.Body,
        string.Join(' ', difference.Rest?.Headers.Select(static header => header.Value) ?? []),
    }.OfType<string>();

    private static IEnumerable<string> Recorded(Difference difference) => new[]
    {
        difference.Recorded?.ToString(Formatting.None),
        difference.RecordedPacket?.Text,
        difference.RecordedEvent?.Event.Json.ToString(Formatting.None),
    }.OfType<string>();
}
