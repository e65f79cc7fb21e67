namespace Gateway.Tools.Corpus;

/// <summary>
/// Delta debugging: leaves out ever smaller groups of units for as long as what is left still passes. Stateless.
/// </summary>
internal static class DeltaDebugging
{
    /// <param name="units">What may be left out; each on its own or with others.</param>
    /// <param name="passesAsync">Whether a case without these units still shows what is looked for.</param>
    /// <returns>Units that can be left out together; none of the others can be left out on its own.</returns>
    public static async Task<List<T>> LeaveOutAsync<T>(IReadOnlyList<T> units, Func<IReadOnlyList<T>, Task<bool>> passesAsync)
    {
        var (kept, leftOut) = (units.ToList(), new List<T>());
        var size = kept.Count;
        while (kept.Count > 0 && size > 0)
        {
            var isSmaller = false;
            for (var start = 0; start < kept.Count;)
            {
                var group = kept.GetRange(start, Math.Min(size, kept.Count - start));
                if (await passesAsync([.. leftOut, .. group]))
                {
                    leftOut.AddRange(group);
                    kept.RemoveRange(start, group.Count);
                    isSmaller = true;
                }
                else
                {
                    start += group.Count;
                }
            }

            // What could not go may go once something else is gone.
            size = size == 1 && isSmaller ? 1 : size / 2;
        }

        return leftOut;
    }
}
