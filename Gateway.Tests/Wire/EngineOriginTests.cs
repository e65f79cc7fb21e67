using Gateway.Tests.Support;

namespace Gateway.Tests.Wire;

public class EngineOriginTests
{
    private const string Polling = "/engine.io/?EIO=4&transport=polling";

    [Fact]
    public async Task Preflight_AllowedOrigin_IsAnsweredWithWhatItAsksFor()
    {
        await using var host = await EngineHost.StartAsync();

        var response = await RawEngineClient.SendAsync(
            host.Port, "OPTIONS", Polling, null, "Origin: https://page.example", "Access-Control-Request-Method: POST",
            "Access-Control-Request-Headers: x-session-api-key, content-type");

        response.Status.Should().Be(204);
        response.Header("Access-Control-Allow-Origin").Should().Be("https://page.example");
        response.Header("Access-Control-Allow-Credentials").Should().Be("true");
        response.Header("Access-Control-Allow-Methods").Should().Contain("POST");
        response.Header("Access-Control-Allow-Headers").Should().Be("x-session-api-key, content-type");
    }

    [Theory]
    [InlineData("https://evil.example", 403)]
    [InlineData("null", 403)]
    [InlineData("https://good.example", 200)]
    public async Task Polling_AllowedList_ChecksTheOrigin(string origin, int status)
    {
        await using var host = await StartAsync();

        var response = await RawEngineClient.SendAsync(host.Port, "GET", Polling, null, $"Origin: {origin}");

        response.Status.Should().Be(status);
        if (status == 403)
        {
            response.Text.Should().Contain("\"code\":4");
            response.Header("Access-Control-Allow-Origin").Should().BeNull();
        }
    }

    [Fact]
    public async Task PreflightAndSession_ForeignOrigin_AreRefused()
    {
        await using var host = await StartAsync();
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);

        (await RawEngineClient.SendAsync(host.Port, "OPTIONS", Polling, null, "Origin: https://evil.example")).Status.Should().Be(403);
        (await RawEngineClient.SendAsync(host.Port, "POST", $"{Polling}&sid={sid}", "4hi", "Origin: https://evil.example")).Status
            .Should()
            .Be(403);
    }

    [Theory]
    [InlineData("https://evil.example", 403)]
    [InlineData("https://good.example", 101)]
    public async Task WebSocket_AllowedList_ChecksTheOrigin(string origin, int status)
    {
        await using var host = await StartAsync();
        using var client = await RawEngineClient.ConnectAsync(host.Port);

        var response = await client.UpgradeAsync("/engine.io/?EIO=4&transport=websocket", $"Origin: {origin}");

        response.Status.Should().Be(status);
    }

    [Fact]
    public async Task Upgrade_ForeignOrigin_IsRefusedAndPollingGoesOn()
    {
        await using var host = await StartAsync();
        var sid = await RawEngineClient.OpenPollingAsync(host.Port);
        using var client = await RawEngineClient.ConnectAsync(host.Port);

        var response = await client.UpgradeAsync($"/engine.io/?EIO=4&transport=websocket&sid={sid}", "Origin: https://evil.example");

        response.Status.Should().Be(403);
        (await RawEngineClient.PostAsync(host.Port, sid, "4hi")).Status.Should().Be(200);
    }

    private static Task<EngineHost> StartAsync() =>
        EngineHost.StartAsync(static options => options.AllowedOrigins = ["https://good.example"]);
}
