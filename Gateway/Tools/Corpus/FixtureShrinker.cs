using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Compare;
using Gateway.Tools.Verify.Play;

namespace Gateway.Tools.Corpus;

/// <summary>What makes two differences the same one, in fixtures of different length: not the place, but what is there.</summary>
/// <param name="Subject">The event by id and kind, the packet by its name, or the call by its route.</param>
internal sealed record DifferenceKey(DifferenceKind Kind, string Subject, string Pointer)
{
    public static DifferenceKey Of(Difference difference) => new(difference.Kind, SubjectOf(difference), difference.Pointer);

    public override string ToString()
    {
        var subject = Subject.Length == 0 ? "the connection" : Subject;
        return Pointer.Length == 0 ? $"{Kind} of {subject}" : $"{Kind} of {subject} at {Pointer}";
    }

    private static string SubjectOf(Difference difference) => difference switch
    {
        { Rest: { } rest } => $"{rest.Call.Name} {rest.Call.Entry.Status}",
        { RecordedEvent: { } recorded } => recorded.Event.Label,
        { ActualEvent: { } actual } => actual.Event.Label,
        { RecordedPacket: { } packet } => packet.EventName ?? $"{packet.Kind}",
        { ActualPacket: { } packet } => packet.EventName ?? $"{packet.Kind}",
        _ => "",
    };
}

/// <summary>What ended a search for the shortest fixture.</summary>
internal enum ShrinkEnd
{
    /// <summary>Nothing more can be left out.</summary>
    Done,

    /// <summary>Its time was over, so the result may be longer than it need be.</summary>
    Limit,

    /// <summary>It was stopped, with the same result.</summary>
    Stopped,
}

/// <summary>What shrinking came to. Immutable.</summary>
internal sealed record ShrinkResult
{
    /// <summary>Why it could not begin, in a line; null when it did.</summary>
    public string? Problem { get; init; }

    public DifferenceKey? Difference { get; init; }

    public IReadOnlySet<FixturePart> LeftOut { get; init; } = new HashSet<FixturePart>();

    public int FramesBefore { get; init; }

    public int Frames { get; init; }

    public int FilesBefore { get; init; }

    public int Files { get; init; }

    /// <summary>Sessions that were played.</summary>
    public int Plays { get; init; }

    public ShrinkEnd End { get; init; }
}

/// <summary>
/// Makes the shortest fixture that still shows one difference: connections and calls are left out first, then events with all that shows
/// them, then single frames and files. What is left shows that difference and none that the whole fixture did not show. Used once, by one
/// caller; its work folder is its own.
/// </summary>
internal sealed class FixtureShrinker(IVerifyTargetFactory targets, VerifyOptions options, TimeSpan limit, TimeProvider timeProvider)
{
    private readonly HashSet<string> _known = [];
    private readonly Dictionary<string, bool> _tried = [];
    private long _started;
    private int _plays;
    private ShrinkEnd _end;

    /// <param name="fixture">One that verify finds a difference in.</param>
    /// <param name="number">Which difference, counted from 1 as verify lists them.</param>
    /// <param name="cancellationToken">Ends the search with what is shortest by then, as the limit does.</param>
    /// <exception cref="OperationCanceledException">It was stopped before the difference was found.</exception>
    public async Task<ShrinkResult> RunAsync(Fixture fixture, int number, CancellationToken cancellationToken)
    {
        _started = timeProvider.GetTimestamp();

        // Here it is decided what the difference is, and a target may just have started: it gets time. The plays that follow are short.
        var patient = options.StepTimeout < VerifyOptions.PatientStepTimeout
            ? options with { StepTimeout = VerifyOptions.PatientStepTimeout }
            : options;
        var whole = await VerifyAsync(CorpusFiles.FolderOf(fixture), fixture.HarPath, patient, cancellationToken);
        if (whole.Problem is not null || whole.Differences.Count < number)
        {
            return new ShrinkResult
            {
                Problem = whole.Problem ?? (whole.Differences.Count == 0
                    ? "verify finds no difference in it, so there is nothing to shrink to"
                    : $"verify finds {DifferenceCount(whole.Differences.Count)} in it, not {number}"),
            };
        }

        var wanted = DifferenceKey.Of(whole.Differences[number - 1]);
        _known.UnionWith(whole.Differences.Select(static difference => $"{DifferenceKey.Of(difference)}"));
        var parts = FixtureParts.Read(fixture);
        var leftOut = await ShrinkAsync(parts, wanted, cancellationToken);
        return new ShrinkResult
        {
            Difference = wanted,
            LeftOut = leftOut,
            FramesBefore = parts.CountFrames(new HashSet<FixturePart>()),
            Frames = parts.CountFrames(leftOut),
            FilesBefore = parts.Files.Count,
            Files = parts.StoredFiles(leftOut).Count,
            Plays = _plays,
            End = _end,
        };
    }

    private async Task<HashSet<FixturePart>> ShrinkAsync(FixtureParts parts, DifferenceKey wanted, CancellationToken cancellationToken)
    {
        var leftOut = new HashSet<FixturePart>();
        Func<IReadOnlySet<FixturePart>, IReadOnlyList<IReadOnlyList<FixturePart>>>[] phases = targets.Traits.IsOurs
            ? [parts.Exchanges, parts.Bulk, parts.Events, parts.Single, parts.StoredFiles]
            : [parts.Exchanges, parts.Single];
        int before;
        do
        {
            before = leftOut.Count;
            foreach (var phase in phases)
            {
                var found = await DeltaDebugging.LeaveOutAsync(
                    phase(leftOut),
                    units => ShowsAsync(parts, [.. leftOut, .. units.SelectMany(static unit => unit)], wanted, cancellationToken));
                leftOut.UnionWith(found.SelectMany(static unit => unit));
            }
        }
        while (leftOut.Count > before && _end == ShrinkEnd.Done);
        return leftOut;
    }

    private async Task<bool> ShowsAsync(
        FixtureParts parts, HashSet<FixturePart> leftOut, DifferenceKey wanted, CancellationToken cancellationToken)
    {
        if (_end == ShrinkEnd.Done)
        {
            _end = cancellationToken.IsCancellationRequested ? ShrinkEnd.Stopped
                : timeProvider.GetElapsedTime(_started) > limit ? ShrinkEnd.Limit
                : ShrinkEnd.Done;
        }

        if (_end != ShrinkEnd.Done)
        {
            return false;
        }

        var key = string.Join('\n', leftOut.Select(static part => $"{part}").Order(StringComparer.Ordinal));
        if (_tried.TryGetValue(key, out var known))
        {
            return known;
        }

        var folder = Directory.CreateTempSubdirectory("gateway-shrink-");
        try
        {
            parts.Write(folder.FullName, leftOut);
            var result = await VerifyAsync(folder.FullName, folder.FullName, options, cancellationToken);
            return _tried[key] = result.Problem is null
                && result.Differences.Any(difference => DifferenceKey.Of(difference) == wanted)
                && result.Differences.All(difference => _known.Contains($"{DifferenceKey.Of(difference)}"));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _end = ShrinkEnd.Stopped;
            return false;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private async Task<FixtureResult> VerifyAsync(
        string name, string path, VerifyOptions settings, CancellationToken cancellationToken)
    {
        _plays++;
        var results = await new Verifier(targets, settings, timeProvider)
            .RunAsync(FixtureLoader.LoadAll([path]), static _ => { }, cancellationToken);
        return results is [var one] ? one : new FixtureResult { Name = name, Problem = "holds more than one recording" };
    }

    private static string DifferenceCount(int count) => count == 1 ? "one difference" : $"{count} differences";
}
