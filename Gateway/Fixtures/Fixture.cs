using Gateway.Primitives.Har;

namespace Gateway.Fixtures;

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
}

/// <summary>What <c>fixture.json</c> says. All of it is optional.</summary>
/// <param name="Ignore">JSON pointers into an event, <c>*</c> for any one name: what stands there is not compared.</param>
/// <param name="Unordered">Windows of event ids, both ends included, within which order does not count.</param>
internal sealed record FixtureInfo(string Title, string Source, IReadOnlyList<string> Ignore, IReadOnlyList<(int From, int To)> Unordered)
{
    public static FixtureInfo None { get; } = new("", "", [], []);
}

/// <summary>A fixture, or one line that says why there is none.</summary>
internal readonly record struct FixtureLoad(string Path, Fixture? Fixture, string Problem);
