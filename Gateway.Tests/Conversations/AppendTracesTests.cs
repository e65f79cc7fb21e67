using System.Diagnostics;

using Gateway.Conversations;

namespace Gateway.Tests.Conversations;

public sealed class AppendTracesTests
{
    private readonly AppendTraces _traces = new();

    [Fact]
    public void Find_NothingRecorded_IsNothing()
    {
        _traces.Add(0, 1, span: null);

        _traces.Find(0, 10).Should().BeNull();
    }

    [Fact]
    public void Find_SeveralSpans_GivesTheNewestOfTheEvents()
    {
        using var first = new Activity("first").Start();
        _traces.Add(0, 2, first);
        using var second = new Activity("second").Start();
        _traces.Add(2, 1, second);
        _traces.Add(3, 0, second);

        _traces.Find(0, 1).Should().Be(first.Context);
        _traces.Find(1, 2).Should().Be(second.Context);
        _traces.Find(3, 9).Should().BeNull();
    }

    [Fact]
    public void Add_ManySpans_ForgetsTheOldest()
    {
        using var span = new Activity("one").Start();
        for (var id = 0; id <= AppendTraces.Kept; id++)
        {
            _traces.Add(id, 1, span);
        }

        _traces.Find(0, 0).Should().BeNull();
        _traces.Find(1, 1).Should().NotBeNull();
    }
}
