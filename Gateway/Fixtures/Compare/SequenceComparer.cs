namespace Gateway.Fixtures.Compare;

/// <summary>The longest common subsequence of two lists. Pure; meant for lists of up to some thousands.</summary>
internal static class SequenceComparer
{
    public static List<(int Left, int Right)> LongestCommon<T>(IReadOnlyList<T> left, IReadOnlyList<T> right, Func<T, T, bool> areSame)
    {
        var start = 0;
        while (start < left.Count && start < right.Count && areSame(left[start], right[start]))
        {
            start++;
        }

        // Equal beginnings are nearly always all there is; only what follows needs the table.
        var matches = Enumerable.Range(0, start).Select(static index => (index, index)).ToList();
        var (rows, columns) = (left.Count - start, right.Count - start);
        var lengths = new int[rows + 1, columns + 1];
        for (var i = rows - 1; i >= 0; i--)
        {
            for (var j = columns - 1; j >= 0; j--)
            {
                lengths[i, j] = areSame(left[start + i], right[start + j]) ? lengths[i + 1, j + 1] + 1 : Math.Max(lengths[i + 1, j], lengths[i, j + 1]);
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
