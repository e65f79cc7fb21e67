using System.Globalization;
using System.Text.RegularExpressions;

using Gateway.Tools.Verify;

namespace Gateway.Tools.Readiness;

/// <summary>
/// Which server a recording is of, as far as the table of features is about it. What it says of the server is the recorder's own word; most
/// say nothing, and are taken as V0's. Stateless; any thread.
/// </summary>
internal static partial class RecordedVersion
{
    private const int NewestMinor = 62;
    private const int OldestMinor = 18;

    public static bool IsV1(Fixture fixture) => fixture.Info.Source.Contains("(V1)", StringComparison.Ordinal);

    /// <summary>What is to be said of a recording that the table is not about; null when there is nothing.</summary>
    public static string? FindProblem(Fixture fixture)
    {
        if (IsV1(fixture))
        {
            return "is a recording of a V1 server, which has none of V0's features";
        }

        var version = Version().Match(fixture.Info.Source);
        return version.Success && (version.Groups["major"].Value != "0" || !IsKnown(version.Groups["minor"].Value))
            ? $"is a recording of an unknown version, {version.Value}: known are 0.{OldestMinor} to 0.{NewestMinor}"
            : null;
    }

    private static bool IsKnown(string minor) =>
        int.TryParse(minor, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= OldestMinor and <= NewestMinor;

    [GeneratedRegex(@"(?<=OpenHands )(?<major>\d+)\.(?<minor>\d+)(?:\.\d+)?")]
    private static partial Regex Version();
}
