using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Compare;
using Gateway.Tools.Verify.Play;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Corpus;

/// <summary>What became of a fixture. Immutable.</summary>
/// <param name="Problem">Why it cannot be given away; null when verify says the same of it as of the original.</param>
internal sealed record AnonymisedFixture(string Path, string Name, string? Problem);

/// <summary>
/// Masks fixtures, and proves by verify that they still say the same. Words that the verified gateway says of itself are not known
/// beforehand: where it differs from what was masked, its words are kept, and all is masked again. Used once, by one caller.
/// </summary>
internal sealed class Anonymiser
{
    private const int MaxRounds = 8;

    private readonly WordMap _words;
    private readonly TextMask _texts;
    private readonly Verifier _verifier;

    /// <param name="targets">Gateways of this process: what is said by others might hold words of users.</param>
    /// <param name="key">Secret bytes for the words.</param>
    public Anonymiser(IVerifyTargetFactory targets, VerifyOptions options, byte[] key, TimeProvider timeProvider)
    {
        _words = new WordMap(key);
        _texts = new TextMask(_words);
        _verifier = new Verifier(targets, options, timeProvider);
    }

    /// <summary>Words of the server's own that were found on the way.</summary>
    public int Learnt => _texts.Learnt;

    /// <param name="fixtures">By the name that each is to have.</param>
    /// <param name="folder">An empty one; the masked fixtures are written into it, those with a problem as well.</param>
    public async Task<IReadOnlyList<AnonymisedFixture>> RunAsync(
        IReadOnlyList<(string Name, Fixture Fixture)> fixtures, string folder, CancellationToken cancellationToken)
    {
        var before = new Dictionary<string, FixtureResult>();
        foreach (var (name, fixture) in fixtures)
        {
            before[name] = await VerifyAsync(fixture.HarPath, cancellationToken);
        }

        var after = new Dictionary<string, FixtureResult>();
        for (var round = 0; round < MaxRounds; round++)
        {
            var hasLearnt = false;
            foreach (var (name, fixture) in fixtures)
            {
                var masked = Path.Combine(folder, name);
                if (Directory.Exists(masked))
                {
                    Directory.Delete(masked, recursive: true);
                }

                new FixtureMask(_texts).Write(fixture, masked);
                after[name] = await VerifyAsync(masked, cancellationToken);
                hasLearnt |= !IsSame(before[name], after[name]) && Learn(after[name]);
            }

            if (!hasLearnt)
            {
                break;
            }
        }

        return
        [
            .. fixtures.Select(one =>
                new AnonymisedFixture(one.Fixture.HarPath, one.Name, ProblemOf(before[one.Name], after[one.Name]))),
        ];
    }

    private async Task<FixtureResult> VerifyAsync(string path, CancellationToken cancellationToken) =>
        (await _verifier.RunAsync(FixtureLoader.LoadAll([path]), static _ => { }, cancellationToken)).Single();

    private bool Learn(FixtureResult result)
    {
        var hasLearnt = false;
        foreach (var difference in result.Differences)
        {
            foreach (var said in Said(difference))
            {
                hasLearnt |= _texts.Learn(said);
            }
        }

        return hasLearnt;
    }

    private static IEnumerable<string> Said(Difference difference) => new[]
    {
        difference.Actual?.ToString(Formatting.None),
        difference.ActualPacket?.Text,
        difference.ActualEvent?.Event.Json.ToString(Formatting.None),
        difference.Rest?.Body,
        string.Join(' ', difference.Rest?.Headers.Select(static header => header.Value) ?? []),
    }.OfType<string>();

    private static bool IsSame(FixtureResult before, FixtureResult after) => ProblemOf(before, after) is null;

    private static string? ProblemOf(FixtureResult before, FixtureResult after)
    {
        if (after.Problem is not null || before.Problem is not null)
        {
            return after.Problem == before.Problem ? null : $"verify cannot run it any more: {after.Problem ?? before.Problem}";
        }

        var (one, other) = (before.Differences.Select(Place).ToList(), after.Differences.Select(Place).ToList());
        return !one.SequenceEqual(other)
            ? $"verify finds {after.Differences.Count} differences, and {before.Differences.Count} in the original"
            : before.Frames != after.Frames || before.RestCalls != after.RestCalls || before.Skipped.Count != after.Skipped.Count
            ? "verify plays another number of frames or calls than of the original"
            : null;
    }

    private static (DifferenceKind, int, int, int) Place(Difference difference) =>
        (difference.Kind, difference.Connection, difference.Frame, difference.Rest?.Call.Number ?? 0);
}
