using Gateway.Conversations;
using Gateway.Conversations.Runtime;
using Gateway.Conversations.Storage;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Runtime;

/// <summary>Which conversations are closed when a user has too many at several gateways.</summary>
public sealed class ConversationLimitTests
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly HeldAgent[] s_held =
    [
        Held("old-and-used", age: 600, unused: 1),
        Held("old", age: 500, unused: 400),
        Held("never-used", age: 300, unused: null),
        Held("older", age: 400, unused: 399),
        Held("new", age: 2, unused: null),
        Held("newest", age: 1, unused: null),
    ];

    [Theory]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(5, "never-used")]
    [InlineData(4, "never-used", "old")]
    [InlineData(2, "never-used", "old", "older", "old-and-used")]
    [InlineData(1, "never-used", "old", "older", "old-and-used", "new")]
    public void Surplus_OfThoseThatAreOpen_IsWhatWasUsedLeastRecentlyAndNotWhatHasJustBeenOpened(int max, params string[] expected) =>
        Surplus(s_held, max).Should().Equal(expected);

    [Fact]
    public void Surplus_SeenInAnotherOrder_IsTheSame() =>
        Surplus([.. s_held.Reverse()], 2).Should().Equal(Surplus(s_held, 2));

    [Fact]
    public void Surplus_OfTwoThatOpenAtTheSameTime_IsOneOfThem()
    {
        HeldAgent[] both = [Held("b", age: 0.001, unused: null), Held("a", age: 0.001, unused: null)];

        Surplus(both, 1).Should().Equal("a");
    }

    private static IEnumerable<string> Surplus(HeldAgent[] held, int max) =>
        ConversationLimit.Surplus(held, max, s_now).Select(static key => key.Id.Value);

    private static HeldAgent Held(string id, double age, double? unused) => new(
        TestStore.Key(id), TimeSpan.FromSeconds(age), unused is { } seconds ? s_now.AddSeconds(-seconds) : null);
}
