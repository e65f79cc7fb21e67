using Gateway.Operations.Operators;

namespace Gateway.Tests.Operations.Operators;

/// <summary>Refused connects: the last ones in full, all of them by their words, and neither without a bound.</summary>
public sealed class RefusalLogTests
{
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly RefusalLog _log = new();

    [Fact]
    public void Add_MoreThanAreKept_KeepsTheLastAndCountsAll()
    {
        for (var i = 0; i < 250; i++)
        {
            Add("connect", "Failed to join conversation", i);
        }

        _log.Last.Should().HaveCount(200);
        _log.Last[^1].At.Should().Be(s_start.AddSeconds(249));
        var reason = _log.Reasons.Should().ContainSingle().Subject;
        (reason.Count, reason.Last).Should().Be((250, s_start.AddSeconds(249)));
    }

    [Fact]
    public void Add_MoreWordsThanAreToldApart_CountsTheRestTogether()
    {
        for (var i = 0; i < 150; i++)
        {
            Add("connect", $"reason {i}", i);
        }

        _log.Reasons.Should().HaveCount(101);
        _log.Reasons.Single(static reason => reason.Sentence == "(other words)").Count.Should().Be(50);
    }

    [Fact]
    public void Add_WordsOfSeveralLinesAndAnyLength_AreOneShortLine()
    {
        Add("connect", "one\ntwo " + new string('x', 500), 0);

        _log.Last.Single().Sentence.Should().StartWith("one two xxx").And.HaveLength(200);
    }

    private void Add(string stage, string sentence, int second) =>
        _log.Add(new Refusal(s_start.AddSeconds(second), stage, sentence, "a client", "192.0.2.1"));
}
