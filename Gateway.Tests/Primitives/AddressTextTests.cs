using System.Net;

using Gateway.Primitives;

namespace Gateway.Tests.Primitives;

public sealed class AddressTextTests
{
    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7")]
    [InlineData("::ffff:203.0.113.7", "203.0.113.7")]
    [InlineData("2001:db8::1", "2001:db8::1")]
    [InlineData(null, "unix")]
    public void Of_AnAddress_IsAsAFilterKnowsIt(string? address, string expected) =>
        AddressText.Of(address is null ? null : IPAddress.Parse(address)).Should().Be(expected);
}
