using System.Numerics;

namespace Gateway.Conversations.Storage.Files;

/// <summary>
/// The ids that a listing has shown, in any order and more than once. A bit for each: a long log without gaps, whose events stand in files
/// of their own and in page files as well, takes little while it is listed. Not thread-safe.
/// </summary>
internal sealed class IdSet
{
    private const int BitsOfWord = 64;
    private const int BitsOfBlock = 16 * BitsOfWord;

    private readonly Dictionary<int, ulong[]> _blocks = [];

    /// <summary>The highest id, or -1.</summary>
    public int Max { get; private set; } = -1;

    /// <param name="id">Not negative.</param>
    public void Add(int id)
    {
        var (block, bit) = Math.DivRem(id, BitsOfBlock);
        if (!_blocks.TryGetValue(block, out var words))
        {
            _blocks.Add(block, words = new ulong[BitsOfBlock / BitsOfWord]);
        }

        words[bit / BitsOfWord] |= 1UL << (bit % BitsOfWord);
        Max = Math.Max(Max, id);
    }

    public bool Contains(int id)
    {
        var (block, bit) = Math.DivRem(id, BitsOfBlock);
        return _blocks.TryGetValue(block, out var words) && (words[bit / BitsOfWord] >> (bit % BitsOfWord) & 1) != 0;
    }

    /// <summary>Each id once.</summary>
    public IEnumerable<int> Ascending()
    {
        foreach (var block in _blocks.Keys.Order())
        {
            var words = _blocks[block];
            for (var n = 0; n < words.Length; n++)
            {
                for (var left = words[n]; left != 0; left &= left - 1)
                {
                    yield return (block * BitsOfBlock) + (n * BitsOfWord) + BitOperations.TrailingZeroCount(left);
                }
            }
        }
    }
}
