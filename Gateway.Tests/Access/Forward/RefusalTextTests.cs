using System.Text;

using Gateway.Access.Forward;

namespace Gateway.Tests.Access.Forward;

/// <summary>What a client is told of an access server's refusal.</summary>
public sealed class RefusalTextTests
{
    [Theory]
    [InlineData("text/plain", "Sign in first\n", "Sign in first")]
    [InlineData(null, "Sign in first", "Sign in first")]
    [InlineData(null, """{"message":"Sign in first"}""", "Sign in first")]
    [InlineData("text/plain", "two\r\nlines", "two  lines")]
    [InlineData("text/plain", "  ", null)]
    [InlineData("application/json", """{"message":"Sign in first"}""", "Sign in first")]
    [InlineData("application/json", """{"detail":"no","error":"other"}""", "no")]
    [InlineData("application/problem+json", """{"error":"no"}""", "no")]
    [InlineData("application/json", """{"message":7}""", null)]
    [InlineData("application/json", """["no"]""", null)]
    [InlineData("application/json", """{"message":"cu""", null)]
    [InlineData("application/json", """{"message":"\ud800"}""", null)]
    [InlineData("text/html", "<html>Sign in</html>", null)]
    public void Read_OfABody_IsItsMessage(string? mediaType, string body, string? message) =>
        RefusalText.Read(Encoding.UTF8.GetBytes(body), mediaType).Should().Be(message);

    [Fact]
    public void Read_OfALongText_IsCut() =>
        RefusalText.Read(Encoding.UTF8.GetBytes(new string('a', 5_000)), "text/plain").Should().HaveLength(200);
}
