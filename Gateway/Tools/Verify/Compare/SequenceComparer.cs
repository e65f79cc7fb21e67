namespace Gateway.Tools.Verify.Compare;

/// <summary>
/// The longest common subsequence of two lists; where both are very long and differ early, a common one that is found step by step. Pure.
/// </summary>
internal static class SequenceComparer
{
    private const long MaxTable = 4_000_000;
    private const int Near = 64;

    public static List<(int Left, int Right)> LongestCommon<T>(IReadOnlyList<T> left, IReadOnlyList<T> right, Func<T, T, bool> areSame)
    {
        var start = 0;
        while (start < left.Count && start < right.Count && areSame(left[start], right[start]))
        {
            start++;
        }

        // Equal beginnings and ends are nearly always all there is; only what lies between needs the table.
        var matches = Enumerable.Range(0, start).Select(static index => (index, index)).ToList();
        var end = 0;
        while (end < left.Count - start && end < right.Count - start && areSame(left[left.Count - 1 - end], right[right.Count - 1 - end]))
        {
            end++;
        }

        var (rows, columns) = (left.Count - start - end, right.Count - start - end);
        if ((long)rows * columns > MaxTable)
        {
            matches.AddRange(StepByStep(left, right, start, rows, columns, areSame));
        }
        else
        {
            matches.AddRange(ByTable(left, right, start, rows, columns, areSame));
        }

        matches.AddRange(Enumerable.Range(0, end).Select(index => (left.Count - end + index, right.Count - end + index)));
        return matches;
    }

    // Each left one is matched with the next equal right one that is near.
    private static IEnumerable<(int Left, int Right)> StepByStep<T>(
        IReadOnlyList<T> left, IReadOnlyList<T> right, int start, int rows, int columns, Func<T, T, bool> areSame)
    {
        for (var (i, j) = (0, 0); i < rows; i++)
        {
            for (var k = j; k < Math.Min(columns, j + Near); k++)
            {
                if (areSame(left[start + i], right[start + k]))
                {
                    yield return (start + i, start + k);
                    j = k + 1;
                    break;
                }
            }
        }
    }

    private static List<(int Left, int Right)> ByTable<T>(
        IReadOnlyList<T> left, IReadOnlyList<T> right, int start, int rows, int columns, Func<T, T, bool> areSame)
    {
        var matches = new List<(int Left, int Right)>();
        var lengths = new int[rows + 1, columns + 1];
        for (var i = rows - 1; i >= 0; i--)
        {
            for (var j = columns - 1; j >= 0; j--)
            {
                lengths[i, j] = areSame(left[start + i], right[start + j])
                    ? lengths[i + 1, j + 1] + 1
                    : Math.Max(lengths[i + 1, j], lengths[i, j + 1]);
            }
        }

        for (var (i, j) = (0, 0); i < rows && j < columns;)
        {
            if (lengths[i, j] == lengths[i + 1, j + 1] + 1 && areSame(left[start + i], right[start + j]))
            {
                matches.Add((start + i++, start + j++));
            }
            else if (lengths[i + 1, j] >= lengths[i, j + 1])
            {
                i++;
            }
            else
            {
                j++;
            }
        }

        return matches;
    }
}
