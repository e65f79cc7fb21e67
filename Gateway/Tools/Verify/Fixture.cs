using Gateway.Tools.Har;

namespace Gateway.Tools.Verify;

/// <summary>A recorded session and what lies beside it. Immutable; its files are read only.</summary>
internal sealed record Fixture
{
    public required string Name { get; init; }

    public required string HarPath { get; init; }

    /// <summary>V0's file store before the session; null when the conversation did not exist yet.</summary>
    public string? StorePath { get; init; }

    /// <summary>V0's file store after the session.</summary>
    public string? StoreAfterPath { get; init; }

    public required FixtureInfo Info { get; init; }

    public required SocketRecordings Recordings { get; init; }

    /// <summary>It has just gone over the wire: the recorded server and the target look at the same history, times included.</summary>
    public bool IsLive { get; init; }
}

/// <summary>What <c>fixture.json</c> says. All of it is optional.</summary>
/// <param name="Ignore">JSON pointers into an event, <c>*</c> for any one name: what stands there is not compared.</param>
/// <param name="Unordered">Windows of event ids, both ends included, within which order does not count.</param>
internal sealed record FixtureInfo(string Title, string Source, IReadOnlyList<string> Ignore, IReadOnlyList<(int From, int To)> Unordered)
{
    /// <summary>The key that the recorded server asked for; null when it is not said.</summary>
    public string? Key { get; init; }

    /// <summary>Shell commands that made the workspace before the session.</summary>
    public IReadOnlyList<string> Workspace { get; init; } = [];

    /// <summary>What was done to files by hand during the session, in the order of time.</summary>
    public IReadOnlyList<FixtureChange> Changes { get; init; } = [];

    /// <summary>What was done meanwhile, in words, where nothing in the file says it so that it can be done again.</summary>
    public IReadOnlyList<string> StepsInWords { get; init; } = [];

    /// <summary>What of the file was passed over, a sentence each.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>It is said how the workspace came to be.</summary>
    public bool HasWorkspace => Workspace.Count > 0 || Changes.Any(static change => change.Command is not null);

    public static FixtureInfo None { get; } = new("", "", [], []);
}

/// <summary>Something that was done by hand, at a time of the recording. Immutable.</summary>
internal sealed record FixtureChange(DateTimeOffset Time)
{
    /// <summary>A shell command in the workspace.</summary>
    public string? Command { get; init; }

    /// <summary>A file of the store, by its path there.</summary>
    public string? File { get; init; }

    /// <summary>What was written into the file; null: it was taken away, its folder was not.</summary>
    public string? Text { get; init; }
}

/// <summary>A fixture, or one line that says why there is none.</summary>
internal readonly record struct FixtureLoad(string Path, Fixture? Fixture, string Problem);
