using System.Globalization;

using Gateway.Tools.Shadow.Compare;

namespace Gateway.Tools.Shadow.Fixtures;

/// <summary>Keeps fixtures of groups of differences, up to a bound. A folder is there whole or not at all. Any thread.</summary>
internal sealed class FixtureKeeper(string folder, FixtureWriter writer, ShadowNotes notes)
{
    public const int MaxFixtures = 100;

    private int _count;

    /// <summary>The fixture's folder; null when there are enough, or it cannot be written.</summary>
    public async Task<string?> TryKeepAsync(ComparisonJob job, DifferenceGroup group)
    {
        if (Interlocked.Increment(ref _count) > MaxFixtures)
        {
            return null;
        }

        var name = string.Create(CultureInfo.InvariantCulture, $"{group.Number:000}-{group.Key.Rule}");
        var target = Path.Combine(folder, name);
        var building = target + ".building";
        try
        {
            if (await writer.WriteAsync(building, job, group.Sample.Length > 0 ? group.Sample : group.Key.Rule))
            {
                Directory.Move(building, target);
                return target;
            }

            // V0's store has changed under our hands: a conversation was deleted.
            TryDelete(building);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            notes.AddPartial($"a fixture cannot be written: {exception.Message}");
            TryDelete(building);
            return null;
        }
    }

    private static void TryDelete(string building)
    {
        try
        {
            if (Directory.Exists(building))
            {
                Directory.Delete(building, recursive: true);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The same disk has failed a moment before, and that was said.
        }
    }
}
