using System.Net;

using Gateway.Operations;
using Gateway.Tests.Support;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Gateway.Tests.Operations;

/// <summary>Routes of operators over HTTP, and the address that they can have for themselves.</summary>
public sealed class OperatorRoutesTests
{
    private const string Key = "0123456789abcdef-operator";

    [Theory]
    [InlineData("", Key, HttpStatusCode.NotFound, "")]
    [InlineData(Key, null, HttpStatusCode.Unauthorized, """{"detail":"Unauthorized"}""")]
    [InlineData(Key, "a guess", HttpStatusCode.Unauthorized, """{"detail":"Unauthorized"}""")]
    [InlineData(Key, Key, HttpStatusCode.OK, "figures")]
    public async Task Get_OfAnOperatorsRoute_NeedsTheKey(string key, string? shown, HttpStatusCode status, string body)
    {
        await using var app = await StartAsync(key);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()), Timeout = TestLimits.Step };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/figures");
        request.Headers.Add("X-Operator-Key", shown);

        using var answer = await http.SendAsync(request);

        answer.StatusCode.Should().Be(status);
        (await answer.Content.ReadAsStringAsync()).Should().Be(body);
    }

    [Fact]
    public async Task Get_OfAPageByABrowserWithoutTheKey_LeadsToWhereItSignsIn()
    {
        await using var app = await StartAsync(Key);
        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        using var http = new HttpClient(handler) { BaseAddress = new Uri(app.Urls.Single()), Timeout = TestLimits.Step };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/figures");
        request.Headers.Add("Accept", "text/html,application/xhtml+xml");

        using var answer = await http.SendAsync(request);

        answer.StatusCode.Should().Be(HttpStatusCode.Redirect);
        answer.Headers.Location.Should().Be(new Uri("/sign-in", UriKind.Relative));
    }

    [Fact]
    public async Task Start_WithAnAddressForOperators_ListensThereAsWell()
    {
        using var store = TempStore.Empty();
        var address = $"http://127.0.0.1:{NginxProxy.FreePort()}";
        await using var host = await GatewayHost.StartAsync(store, $"Operations:Key={Key}", $"Operations:Address={address}");
        using var own = new RestClient(new Uri(address));
        using var others = new RestClient(host.Address);

        (await own.GetAsync("/health/live")).Status.Should().Be(HttpStatusCode.OK);
        (await others.GetAsync("/health/live")).Status.Should().Be(HttpStatusCode.OK);
        host.Address.Should().NotBe(new Uri(address));
    }

    [Theory]
    [InlineData("Operations:Key=short", "Operations:Key must be at least 16")]
    [InlineData("Operations:Address=http://127.0.0.1:9000", "the operators' routes are off without a key")]
    [InlineData("Operations:Address=9000", "Operations:Address is '9000'")]
    public async Task Start_WithASettingThatCannotBe_SaysSo(string setting, string problem)
    {
        using var store = TempStore.Empty();

        var start = () => GatewayHost.StartAsync(store, setting);

        (await start.Should().ThrowAsync<OptionsValidationException>()).Which.Failures.Should().Contain(line => line.Contains(problem));
    }

    private static async Task<WebApplication> StartAsync(string key)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.Configure<OperationsOptions>(options => options.Key = key);
        builder.Services.AddSingleton<OperatorAccess>();
        var app = builder.Build();
        app.MapGet("/figures", static () => "figures").RequireOperator("/sign-in");
        await app.StartAsync().WaitAsync(TestLimits.Step);
        return app;
    }
}
