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
            var ids = new StoredIds([.. listed.Select(static id => (int)id)]);
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
}
