using System.Net;

using Gateway.HttpApi.Conventions;
using Gateway.Tests.Support;

namespace Gateway.Tests.HttpApi.Conventions;

public sealed class RequestRateTests
{
    private static readonly IPAddress s_address = IPAddress.Parse("192.0.2.7");

    private readonly FakeTimeProvider _timeProvider = new();
    private readonly RequestRate _rate;

    public RequestRateTests() => _rate = new RequestRate(_timeProvider);

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
