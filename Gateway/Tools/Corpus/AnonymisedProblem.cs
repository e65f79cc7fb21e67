using System.Globalization;

using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Compare;

namespace Gateway.Tools.Corpus;

/// <summary>Why a masked fixture is not proven, without a text of the original. Pure.</summary>
internal static class AnonymisedProblem
{
    /// <summary>One line; null when verify says the same of both.</summary>
    /// <param name="before">Of the original.</param>
    /// <param name="after">Of the masked one.</param>
    public static string? Find(FixtureResult before, FixtureResult after)
    {
        if (after.Problem is not null || before.Problem is not null)
        {
            return after.Problem == before.Problem ? null : $"verify cannot run it any more: {after.Problem ?? before.Problem}";
        }

        var (one, other) = (before.Differences.Select(Place).ToList(), after.Differences.Select(Place).ToList());
        return !one.SequenceEqual(other)
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"verify finds {Count(other.Count)}, and {one.Count} in the original; {First(before, after)}")
            : before.Frames != after.Frames || before.RestCalls != after.RestCalls || before.Skipped.Count != after.Skipped.Count
            ? "verify plays another number of frames or calls than of the original"
            : null;
    }

    private static string Count(int count) =>
        count == 1 ? "1 difference" : string.Create(CultureInfo.InvariantCulture, $"{count} differences");

    // Of the original the place alone is said: its paths are its users'.
    private static string First(FixtureResult before, FixtureResult after)
    {
        var (one, other) = (before.Differences.Select(Place).ToHashSet(), after.Differences.Select(Place).ToHashSet());
        return after.Differences.FirstOrDefault(difference => !one.Contains(Place(difference))) is { } more
            ? $"the first that is new: {Where(more)}{(more.Rest is { } rest ? $" ({rest.Call.Name})" : "")}"
                + (more.Pointer is { Length: > 0 } pointer ? $", at {pointer}" : "")
            : before.Differences.FirstOrDefault(difference => !other.Contains(Place(difference))) is { } less
            ? $"the first that is gone: {Where(less)}"
            : "they are the same in another order";
    }

    private static string Where(Difference difference)
    {
        var place = difference.Rest is { } rest
            ? string.Create(CultureInfo.InvariantCulture, $"call {rest.Call.Number}")
            : difference.Connection == 0 ? "request"
            : string.Create(CultureInfo.InvariantCulture, $"connection {difference.Connection}");
        var frame = difference.Frame < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", frame {difference.Frame}");
        return $"{difference.Kind} of {place}{frame}";
    }

    private static (DifferenceKind, int, int, int) Place(Difference difference) =>
        (difference.Kind, difference.Connection, difference.Frame, difference.Rest?.Call.Number ?? 0);
}
