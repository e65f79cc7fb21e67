using Gateway.Primitives;

namespace Gateway.Tests.Primitives;

/// <summary>Each key has its limit, and the table its bound.</summary>
public sealed class KeyedLimiterTests
{
    [Fact]
    public void TryAcquire_AtOnce_GivesSoManyToEachKeyAndAgainWhenOneIsGivenBack()
    {
        using var limiter = KeyedLimiter<int>.AtOnce(2)!;
        var first = limiter.TryAcquire(1);
        limiter.TryAcquire(1).Should().NotBeNull();

        limiter.TryAcquire(1).Should().BeNull();
        limiter.TryAcquire(2).Should().NotBeNull("another key has its own");
        first?.Dispose();
        limiter.TryAcquire(1).Should().NotBeNull();
    }

    [Fact]
    public void TryAcquire_EachSecond_GivesTheBurstAndNoMoreAtOneTime()
    {
        // A token an hour: none comes while the test runs.
        using var limiter = KeyedLimiter<int>.EachSecond(1.0 / 3_600, burst: 3)!;

        var given = Enumerable.Range(0, 10).Count(_ => limiter.TryAcquire(1) is not null);

        given.Should().Be(3);
        limiter.TryAcquire(2).Should().NotBeNull();
    }

    [Fact]
    public void TryAcquire_OfMoreKeysThanTheTableHolds_IsNotLimitedAndTheTableDoesNotGrow()
    {
        using var limiter = KeyedLimiter<int>.AtOnce(1, maxKeys: 100)!;

        for (var key = 0; key < 10_000; key++)
        {
            limiter.TryAcquire(key).Should().NotBeNull();
        }

        limiter.Measure().Table.Should().Be(1);
    }

    [Fact]
    public void Measure_OfPlacesThatAreGivenBack_LeavesTheirKeysOut()
    {
        using var limiter = KeyedLimiter<int>.AtOnce(2, maxKeys: 1_000)!;
        var leases = Enumerable.Range(0, 500).Select(key => limiter.TryAcquire(key)!).ToArray();
        limiter.TryAcquire(1_000);
        limiter.Measure().Table.Should().Be(0.501);

        Array.ForEach(leases, static lease => lease.Dispose());

        limiter.Measure().Table.Should().Be(0.001);
    }

    [Fact]
    public void TryAcquire_OfManyKeysOneAfterTheOther_DoesNotFillTheTable()
    {
        // As many as a table that only grows would hold: the last one is limited all the same.
        using var limiter = KeyedLimiter<int>.AtOnce(1, maxKeys: 1_000)!;
        for (var key = 0; key < 1_000; key++)
        {
            limiter.TryAcquire(key)!.Dispose();
        }

        limiter.TryAcquire(1_000).Should().NotBeNull();
        limiter.TryAcquire(1_000).Should().BeNull();
    }

    [Fact]
    public void TryAcquire_EachSecond_OfAKeyThatIsUsed_StaysLimitedHoweverManyOthersCome()
    {
        using var limiter = KeyedLimiter<int>.EachSecond(1.0 / 3_600, burst: 1)!;
        limiter.TryAcquire(-1).Should().NotBeNull();

        for (var key = 0; key < 1_000; key++)
        {
            limiter.TryAcquire(key).Should().NotBeNull();
        }

        limiter.TryAcquire(-1).Should().BeNull();
    }

    [Fact]
    public void Measure_OfPlaces_IsTheFullestKeyAndTheTable()
    {
        using var limiter = KeyedLimiter<int>.AtOnce(4, maxKeys: 10)!;
        limiter.Measure().Should().Be(new LimitFigures(0, 0));
        limiter.TryAcquire(1);
        limiter.TryAcquire(2);
        limiter.TryAcquire(2);
        var third = limiter.TryAcquire(2);

        limiter.Measure().Should().Be(new LimitFigures(0.75, 0.2));
        third?.Dispose();
        limiter.Measure().Should().Be(new LimitFigures(0.5, 0.2));
    }

    [Fact]
    public void Measure_OfARate_IsWhatIsTakenOfTheFullestBurst()
    {
        using var limiter = KeyedLimiter<int>.EachSecond(1.0 / 3_600, burst: 4)!;
        limiter.TryAcquire(1);
        limiter.TryAcquire(2);
        limiter.TryAcquire(2);
        limiter.TryAcquire(2);

        limiter.Measure().FullestKey.Should().Be(0.75);
    }

    [Fact]
    public void Create_WithALimitOfNothing_IsNone()
    {
        KeyedLimiter<int>.AtOnce(0).Should().BeNull();
        KeyedLimiter<int>.EachSecond(0, 10).Should().BeNull();
    }
}
