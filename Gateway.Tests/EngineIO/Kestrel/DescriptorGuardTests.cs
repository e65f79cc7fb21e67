using Gateway.EngineIO.Kestrel;
using Gateway.Tests.Support;

using Microsoft.Extensions.Logging;

namespace Gateway.Tests.EngineIO.Kestrel;

public sealed class DescriptorGuardTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly CapturedLog _log = new();

    [Theory]
    [InlineData(1_024, 896)]
    [InlineData(64, 48)]
    [InlineData(1_000_000, 999_488)]
    public void Admits_NearTheLimit_KeepsAReserve(int limit, int highest)
    {
        var guard = Guard(limit);

        guard.Admits(highest).Should().BeTrue();
        guard.Admits(highest + 1).Should().BeFalse();
    }

    [Fact]
    public void Admits_NoLimitKnown_AdmitsAll() => Guard(0).Admits(int.MaxValue).Should().BeTrue();

    [Fact]
    public void Admits_ManyRefused_WarnsOnceAMinuteAndCounts()
    {
        var guard = Guard(1_024);
        for (var i = 0; i < 100; i++)
        {
            guard.Admits(1_000);
            _time.Advance(TimeSpan.FromMilliseconds(500));
        }

        _log.Complaints.Should().ContainSingle().Which.Text.Should().Contain("1 new connections closed");
        _time.Advance(TimeSpan.FromSeconds(10));
        guard.Admits(1_000);

        _log.Complaints.Should().HaveCount(2);
        _log.Complaints.Last().Text.Should().Contain("100 new connections closed");
    }

    public void Dispose() => _log.Dispose();

    private DescriptorGuard Guard(int limit) => new(limit, _time, _log.CreateLogger(nameof(DescriptorGuard)));
}
