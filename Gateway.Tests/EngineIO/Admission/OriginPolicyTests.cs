using Gateway.EngineIO;
using Gateway.EngineIO.Admission;

using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.EngineIO.Admission;

public class OriginPolicyTests
{
    [Theory]
    [InlineData(null, true)]
    [InlineData("https://app.example", true)]
    [InlineData("HTTPS://APP.example", true)]
    [InlineData("https://app.example:8443", false)]
    [InlineData("http://app.example", false)]
    [InlineData("https://app.example.evil.net", false)]
    [InlineData("null", false)]
    public void TryApply_AllowedList_LetsOnlyThoseThrough(string? origin, bool expected)
    {
        var context = Request(origin);

        new OriginPolicy(new EngineOptions { AllowedOrigins = ["https://app.example"] }).TryApply(context).Should().Be(expected);

        var echoed = context.Response.Headers.AccessControlAllowOrigin;
        echoed.ToString().Should().Be(expected ? origin ?? "" : "");
    }

    [Fact]
    public void TryApply_AnyOrigin_EchoesItAndAllowsCredentials()
    {
        var context = Request("https://anywhere.example");

        new OriginPolicy(new EngineOptions()).TryApply(context).Should().BeTrue();

        context.Response.Headers.AccessControlAllowOrigin.ToString().Should().Be("https://anywhere.example");
        context.Response.Headers.AccessControlAllowCredentials.ToString().Should().Be("true");
        context.Response.Headers.Vary.ToString().Should().Be("Origin");
    }

    private static DefaultHttpContext Request(string? origin)
    {
        var context = new DefaultHttpContext();
        if (origin is not null)
        {
            context.Request.Headers.Origin = origin;
        }

        return context;
    }
}
