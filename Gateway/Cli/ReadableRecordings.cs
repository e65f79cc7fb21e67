using Gateway.Tools.Verify;

namespace Gateway.Cli;

/// <summary>
/// The recordings under a command's paths. One that cannot be read is named on standard error, and the command goes on without it; its exit
/// code says so in the end. Immutable.
/// </summary>
/// <param name="Fixtures">Those that can be read, in the order of the paths and then of their names.</param>
/// <param name="Problems">Those that cannot, a line each: the path and why.</param>
internal sealed record ReadableRecordings(IReadOnlyList<Fixture> Fixtures, IReadOnlyList<string> Problems)
{
    public int Count => Fixtures.Count + Problems.Count;

    public bool IsPartial => Problems.Count > 0;

    /// <param name="command">Its name, before each line.</param>
    public static async Task<ReadableRecordings> ReadAsync(string command, IEnumerable<string> paths)
    {
        var loads = FixtureLoader.LoadAll(paths);
        var problems = loads.Where(static load => load.Fixture is null).Select(static load => $"{load.Path} {load.Problem}").ToList();
        foreach (var problem in problems)
        {
            await Console.Error.WriteLineAsync($"{command}: {problem}");
        }

        return new ReadableRecordings([.. loads.Select(static load => load.Fixture).OfType<Fixture>()], problems);
    }
}
