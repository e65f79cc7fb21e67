using Gateway.Access;

namespace Gateway.Tests.Access;

public sealed class SessionApiKeyTests
{
    [Fact]
    public void Admits_NoKeyRequired_LetsEverybodyIn()
    {
        var key = new SessionApiKey("");

        key.IsRequired.Should().BeFalse();
        key.Admits(null, null, null).Should().BeTrue();
        key.Admits("whatever").Should().BeTrue();
        key.Admits().Should().BeTrue();
    }

    [Fact]
    public void Admits_KeyInAnyPlace_LetsIn()
    {
        var key = new SessionApiKey("sésame");

        key.IsRequired.Should().BeTrue();
        key.Admits("sésame", null, null).Should().BeTrue();
        key.Admits("null", "sésame", null).Should().BeTrue();
        key.Admits("", "wrong", "sésame").Should().BeTrue();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("sesam")]
    [InlineData("sesame ")]
    [InlineData("Sesame")]
    [InlineData("sesame\0")]
    public void Admits_AnythingElse_KeepsOut(string? candidate)
    {
        var key = new SessionApiKey("sesame");

        key.Admits(candidate, null, "").Should().BeFalse();
        key.Admits().Should().BeFalse();
    }
}
