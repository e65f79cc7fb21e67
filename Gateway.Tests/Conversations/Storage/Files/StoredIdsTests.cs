using FsCheck;
using FsCheck.Fluent;

using Gateway.Conversations.Storage.Files;

namespace Gateway.Tests.Conversations.Storage.Files;

public class StoredIdsTests
{
    [Fact]
    public void FirstFrom_AnyIds_AgreesWithASortedSet()
    {
        Prop.ForAll<byte[], byte[], byte>(static (listed, added, asked) =>
        {
            var expected = new SortedSet<int>(listed.Select(static id => (int)id));
            var shown = new IdSet();
            foreach (var id in listed)
            {
                shown.Add(id);
            }

            var ids = new StoredIds(shown.Ascending());
            foreach (var step in added)
            {
                var next = ids.Head + 1 + (step % 3);
                ids.Add(next);
                expected.Add(next);
            }

            var first = expected.FirstOrDefault(id => id >= asked, -1);
            return ids.Head == (expected.Count == 0 ? -1 : expected.Max) && (ids.FirstFrom(asked) ?? -1) == first;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
    }

    [Fact]
    public void IdSet_AnyIdsFarApart_AgreesWithASortedSet()
    {
        Prop.ForAll<ushort[]>(static listed =>
        {
            var expected = new SortedSet<int>(listed.Select(static id => id * 32_767));
            var ids = new IdSet();
            foreach (var id in listed)
            {
                ids.Add(id * 32_767);
            }

            return ids.Max == (expected.Count == 0 ? -1 : expected.Max)
                && ids.Ascending().SequenceEqual(expected)
                && expected.All(id => ids.Contains(id) && ids.Contains(id + 1) == expected.Contains(id + 1));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1_000));
    }
}
