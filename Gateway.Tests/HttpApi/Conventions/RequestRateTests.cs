using System.Net;

using Gateway.HttpApi.Conventions;
using Gateway.Tests.Support;

namespace Gateway.Tests.HttpApi.Conventions;

public sealed class RequestRateTests : IDisposable
{
    private static readonly IPAddress s_address = IPAddress.Parse("192.0.2.7");

    private readonly FakeTimeProvider _timeProvider = new();
    private readonly RequestRate _rate;

    private readonly TestMeterFactory _meters = new();
    private readonly CountedMeasurements _counted;

    public RequestRateTests()
    {
        _counted = new CountedMeasurements(_meters);
        _rate = new RequestRate(new HttpApiMetrics(_meters), _timeProvider);
    }

    public void Dispose()
    {
        _counted.Dispose();
        _meters.Dispose();
    }

    [Fact]
    public void Count_ThirtyAtOnce_TenAreAnsweredTenWaitAndTheRestIsRefused()
    {
        var decisions = Enumerable.Range(0, 30).Select(_ => _rate.Count(s_address)).ToList();

        decisions.Should().Equal(
        [
            .. Enumerable.Repeat(RateDecision.Answer, 10),
            .. Enumerable.Repeat(RateDecision.Wait, 10),
            .. Enumerable.Repeat(RateDecision.Refuse, 10),
        ]);
        _counted["gateway.http.requests.limited delayed"].Should().Be(10);
        _counted["gateway.http.requests.limited refused"].Should().Be(10);
    }

    [Theory]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("192.0.2.7", "::ffff:192.0.2.7", true)]
    public void Count_OfTwoAddresses_IsOneForOneSubscriber(string one, string other, bool isOne)
    {
        for (var i = 0; i < 30; i++)
        {
            _rate.Count(IPAddress.Parse(one));
        }

        _rate.Count(IPAddress.Parse(other)).Should().Be(isOne ? RateDecision.Refuse : RateDecision.Answer);
    }

    [Fact]
    public void Count_AfterASecond_AnswersAgain()
    {
        for (var i = 0; i < 30; i++)
        {
            _rate.Count(s_address);
        }

        _timeProvider.Advance(RequestRate.Window);

        _rate.Count(s_address).Should().Be(RateDecision.Answer);
    }

    [Fact]
    public void Count_AnotherAddress_HasALimitOfItsOwn()
    {
        for (var i = 0; i < 30; i++)
        {
            _rate.Count(s_address);
        }

        _rate.Count(IPAddress.Parse("192.0.2.8")).Should().Be(RateDecision.Answer);
    }

    [Fact]
    public void Count_ManyAddresses_ForgetsThoseThatAreQuiet()
    {
        for (var i = 0; i < 20_000; i++)
        {
            _rate.Count(new IPAddress(i + 1L));
            _timeProvider.Advance(TimeSpan.FromMilliseconds(1));
        }

        _rate.AddressCount.Should().BeLessThan(10_000);
    }
}
