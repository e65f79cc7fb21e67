using Gateway.HttpApi;
using Gateway.Tests.Support;

namespace Gateway.Tests.HttpApi;

/// <summary>Settings of the REST as a whole that are refused at start, each in one line.</summary>
public sealed class HttpApiOptionsTests
{
    [Theory]
    [InlineData("", true)]
    [InlineData("https://example.org", true)]
    [InlineData("http://example.org:8080/gateway/", true)]
    [InlineData("/gateway", false)]
    [InlineData("ftp://example.org", false)]
    [InlineData("https://example.org/?a=b", false)]
    public void PublicUrl_IsAnAddressOrNone(string value, bool isFine)
    {
        var result = new HttpApiOptionsValidator().Validate(null, new HttpApiOptions { PublicUrl = value });

        result.Succeeded.Should().Be(isFine);
        result.Failures?.Should().ContainSingle().Which.Should().Contain(nameof(HttpApiOptions.PublicUrl));
    }

    [Theory]
    [InlineData("https://example.org", "/alive", "/runtime/1/alive")]
    [InlineData("https://example.org/runtime/1/", "/alive", null)]
    [InlineData("https://example.org/runtime/1", "/runtime/1/alive", null)]
    public async Task PublicUrl_WithAPrefix_IsServedWithAndWithoutIt(string publicUrl, string served, string? notServed)
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store, $"HttpApi:PublicUrl={publicUrl}");
        using var rest = new RestClient(host.Address);

        (await rest.GetAsync(served)).Body.Should().Be("""{"status":"ok"}""");

        if (notServed is not null)
        {
            (await rest.GetAsync(notServed)).Body.Should().Be("""{"detail":"Not Found"}""");
        }
    }
}
