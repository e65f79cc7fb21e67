using FsCheck;
using FsCheck.Fluent;

using Gateway.Agents.V1.Upstream;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1.Upstream;

public sealed class SequenceBufferTests
{
    [Fact]
    public void TryTake_SecondBeforeFirst_GivesThemInOrder()
    {
        var buffer = new SequenceBuffer(-1);

        buffer.Add(0, Event(0), 1);
        buffer.Add(2, Event(2), 1);
        var early = Take(buffer);
        var hadGap = buffer.HasGap;
        buffer.Add(1, Event(1), 1);

        early.Should().Equal(0);
        hadGap.Should().BeTrue();
        Take(buffer).Should().Equal(1, 2);
        buffer.LastSequence.Should().Be(2);
    }

    [Fact]
    public void Add_WhatWasTaken_IsIgnored()
    {
        var buffer = new SequenceBuffer(5);

        buffer.Add(5, Event(5), 1);
        buffer.Add(-7, Event(-7), 1);

        Take(buffer).Should().BeEmpty();
        buffer.HasGap.Should().BeFalse();
    }

    [Fact]
    public void Add_MoreThanABufferful_KeepsABoundAndSaysSo()
    {
        var buffer = new SequenceBuffer(-1);

        for (var i = 1; i < SequenceBuffer.MaxWaiting * 3; i++)
        {
            buffer.Add(i, Event(i), 1);
        }

        buffer.Overflowed.Should().BeTrue();
        buffer.Add(0, Event(0), 1);
        Take(buffer).Should().HaveCount(SequenceBuffer.MaxWaiting + 1).And.BeInAscendingOrder();
    }

    [Fact]
    public void Add_LargeEventsBehindAHole_AreBoundedByTheirLength()
    {
        var buffer = new SequenceBuffer(-1);

        for (var i = 1; i <= 5; i++)
        {
            buffer.Add(i, Event(i), SequenceBuffer.MaxWaitingCharacters / 4);
        }

        buffer.Overflowed.Should().BeTrue();
        buffer.Add(0, Event(0), SequenceBuffer.MaxWaitingCharacters);
        Take(buffer).Should().Equal(0, 1, 2, 3, 4);
        buffer.Add(6, Event(6), SequenceBuffer.MaxWaitingCharacters);
        buffer.HasGap.Should().BeTrue("what was taken counts no longer");
    }

    [Fact]
    public void MoveTo_LogReadInPart_StillMissesTheRest()
    {
        var buffer = new SequenceBuffer(-1);
        buffer.Miss();

        buffer.MoveTo(3, isEnd: false);
        var afterPart = buffer.Overflowed;
        buffer.MoveTo(5, isEnd: true);

        afterPart.Should().BeTrue();
        buffer.Overflowed.Should().BeFalse();
    }

    [Fact]
    public void MoveTo_LogReadByOtherMeans_ForgetsWhatItHad()
    {
        var buffer = new SequenceBuffer(-1);
        buffer.Add(3, Event(3), 1);
        buffer.Add(6, Event(6), 1);

        buffer.MoveTo(5, isEnd: true);

        Take(buffer).Should().Equal(6);
        buffer.HasGap.Should().BeFalse();
    }

    [Fact]
    public void TryTake_AnyOrderWithRepeats_GivesEachOnceInOrder() =>
        Prop.ForAll(Gen.Shuffle(Enumerable.Range(0, 40).Concat(Enumerable.Range(10, 20)).ToArray()).ToArbitrary(), static order =>
        {
            var buffer = new SequenceBuffer(-1);
            var taken = new List<int>();
            foreach (var sequence in order)
            {
                buffer.Add(sequence, Event(sequence), 1);
                taken.AddRange(Take(buffer));
            }

            return taken.SequenceEqual(Enumerable.Range(0, 40));
        }).QuickCheckThrowOnFailure();

    private static JObject Event(int number) => new() { ["n"] = number };

    private static List<int> Take(SequenceBuffer buffer)
    {
        var taken = new List<int>();
        while (buffer.TryTake(out var v1Event))
        {
            taken.Add((int)v1Event["n"]!);
        }

        return taken;
    }
}
