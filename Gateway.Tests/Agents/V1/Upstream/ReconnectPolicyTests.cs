using Gateway.Agents.V1.Upstream;

namespace Gateway.Tests.Agents.V1.Upstream;

public sealed class ReconnectPolicyTests
{
    private static readonly TimeSpan s_shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(30);

    [Fact]
    public void Next_AtOnce_IsNow() =>
        new ReconnectPolicy(s_shortest, s_longest, static () => 1).Next(NextTry.AtOnce).Should().Be(TimeSpan.Zero);

    [Fact]
    public void Next_TryAfterTry_GrowsToTheLongest()
    {
        var policy = new ReconnectPolicy(s_shortest, s_longest, static () => 1);

        Enumerable.Range(0, 5).Select(_ => policy.Next(NextTry.Later).TotalSeconds).Should().Equal(3, 9, 27, 30, 30);
        policy.Reset();
        policy.Next(NextTry.Later).TotalSeconds.Should().Be(3);
    }

    [Fact]
    public void Next_LeastOfLuck_IsNeverShorterThanTheShortest()
    {
        var policy = new ReconnectPolicy(s_shortest, s_longest, static () => 0);

        Enumerable.Range(0, 3).Select(_ => policy.Next(NextTry.Later).TotalSeconds).Should().Equal(1, 1, 1);
        policy.Next(NextTry.MuchLater).TotalSeconds.Should().Be(4);
    }

    [Fact]
    public void Next_ShortestAboveTheLongest_IsTheLongest() =>
        new ReconnectPolicy(TimeSpan.FromMinutes(1), s_longest, static () => 1).Next(NextTry.MuchLater).Should().Be(s_longest);

    /// <summary>A server with 500 conversations restarts, and is away for ten seconds.</summary>
    [Fact]
    public void Next_FiveHundredThatLostTheirServerTogether_ComeBackSpreadOverTime()
    {
        var random = new Random(20261129);
        var came = new List<double>();
        var tries = new List<double>();
        for (var i = 0; i < 500; i++)
        {
            var policy = new ReconnectPolicy(s_shortest, s_longest, random.NextDouble);
            var at = 0.0;
            while (at < 10)
            {
                at += policy.Next(NextTry.Later).TotalSeconds;
                tries.Add(at);
            }

            came.Add(at);
        }

        Busiest(tries).Should().BeLessThan(60, "of 500 in any tenth of a second");
        Busiest(came).Should().BeLessThan(25);
        came.Max().Should().BeLessThan(40);
        tries.Count.Should().BeLessThan(500 * 5);
    }

    private static int Busiest(IEnumerable<double> times) =>
        times.GroupBy(static time => (int)(time * 10)).Max(static tenth => tenth.Count());
}
