using System.Net;

using Gateway.Tests.Support;

using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Wire.V1;

/// <summary>Whose key a request has at the V1 server: that server's own only for who has shown the gateway's.</summary>
public sealed class ProxyKeyTests
{
    private const string Header = "X-Session-API-Key";
    private const string Path = "/api/file/home";

    [Theory]
    [InlineData(ProxyStage.GatewayKey, ProxyStage.V1Key)]
    [InlineData("another key", "another key")]
    [InlineData(ProxyStage.V1Key, ProxyStage.V1Key)]
    [InlineData(ProxyStage.GatewayKey + "x", ProxyStage.GatewayKey + "x")]
    [InlineData("null", "null")]
    [InlineData(null, null)]
    public async Task Header_OnlyTheGatewaysKey_BecomesV1s(string? shown, string? expected)
    {
        await using var stage = await ProxyStage.StartAsync();

        using var answer = await (shown is null ? stage.SendAsync("GET", Path) : stage.SendAsync("GET", Path, (Header, shown)));

        stage.Server.Last.Headers.GetValueOrDefault(Header).Should().Be(expected);
    }

    [Theory]
    [InlineData(ProxyStage.GatewayKey, ProxyStage.V1Key)]
    [InlineData("another", "another")]
    public async Task BearerAndCookie_AsForTheHeader(string shown, string expected)
    {
        await using var stage = await ProxyStage.StartAsync();

        using var bearer = await stage.SendAsync("POST", "/v1/chat/completions", ("Authorization", $"Bearer {shown}"));
        using var cookie = await stage.SendAsync(
            "GET", "/api/conversations/x/workspace/a.html", ("Cookie", $"theme=dark; oh_workspace_session_key={shown}"));

        stage.Server.Requests.First().Headers["Authorization"].Should().Be($"Bearer {expected}");
        stage.Server.Last.Headers["Cookie"].Should().Be($"theme=dark; oh_workspace_session_key={expected}");
    }

    [Theory]
    [InlineData($"?a=%201&session_api_key={ProxyStage.GatewayKey}&b=", $"?a=%201&session_api_key={ProxyStage.V1Key}&b=")]
    [InlineData($"?session%5Fapi_key={ProxyStage.GatewayKey}", $"?session_api_key={ProxyStage.V1Key}")]
    [InlineData("?session_api_key=another&after_seq=-1", "?session_api_key=another&after_seq=-1")]
    [InlineData($"?x={ProxyStage.GatewayKey}", $"?x={ProxyStage.GatewayKey}")]
    public async Task Query_AsForTheHeader(string query, string expected)
    {
        await using var stage = await ProxyStage.StartAsync();

        using var socket = await stage.OpenAsync($"/sockets/session/x{query}");

        stage.Server.Last.Target.Should().Be($"/sockets/session/x{expected}");
    }

    [Fact]
    public async Task Query_OfARequest_HasNoKeyOfV1s()
    {
        await using var stage = await ProxyStage.StartAsync();

        using var answer = await stage.SendAsync("GET", $"{Path}?a=b&session_api_key={ProxyStage.GatewayKey}");

        stage.Server.Last.Target.Should().Be($"{Path}?a=b", "V1 asks for it in the header alone");
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("/v1", "/v1")]
    public async Task CookieOfV1_ItsKeyInside_IsGivenWithWhatWasShown(string prefix, string path)
    {
        await using var stage = await ProxyStage.StartAsync();
        stage.Server.Answer = static context =>
        {
            context.Response.Headers.SetCookie =
                $"oh_workspace_session_key={context.Request.Headers[Header]}; HttpOnly; Path=/api/conversations; SameSite=none";
            return Task.CompletedTask;
        };

        using var shown = await stage.SendAsync("POST", $"{prefix}/api/auth/workspace-session", (Header, ProxyStage.GatewayKey));
        using var own = await stage.SendAsync("POST", $"{prefix}/api/auth/workspace-session", (Header, "another"));

        shown.Headers.GetValues("Set-Cookie").Should().Equal(
            $"oh_workspace_session_key={ProxyStage.GatewayKey}; HttpOnly; Path={path}/api/conversations; SameSite=none");
        own.Headers.GetValues("Set-Cookie").Should().Equal(
            $"oh_workspace_session_key=another; HttpOnly; Path={path}/api/conversations; SameSite=none");
    }

    [Fact]
    public async Task GatewayWithoutKey_NobodyHasShownIt_V1sKeyGoesNowhere()
    {
        await using var stage = await ProxyStage.StartAsync("SESSION_API_KEY=");

        using var none = await stage.SendAsync("GET", Path);
        using var any = await stage.SendAsync("GET", Path, (Header, "null"));
        using var socket = await stage.OpenAsync("/sockets/events/x?session_api_key=");
        await ProxyStage.SayAsync(socket, """{"type":"auth","session_api_key":""}""");

        (await ProxyStage.HearAsync(socket)).Should().Be("""{"type":"auth","session_api_key":""}""");
        stage.Server.Requests.SelectMany(static request => request.Headers.Values.Append(request.Target))
            .Should().NotContain(static text => text.Contains(ProxyStage.V1Key));
        stage.Server.Requests.Select(static request => request.Headers.GetValueOrDefault(Header)).Should().Equal(null, "null", null);
    }

    /// <summary>A V1 server without a key trusts whoever reaches it: here that is who has the gateway's key.</summary>
    [Fact]
    public async Task V1WithoutKey_TheGatewaysIsAskedFor()
    {
        await using var stage = await ProxyStage.StartAsync("V1:SessionApiKey=");

        foreach (var headers in new (string, string)[][] { [], [(Header, "wrong")], [("Authorization", "Bearer wrong")] })
        {
            using var refused = await stage.SendAsync("POST", "/v1/api/bash/execute_bash_command", headers);
            refused.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
            (await refused.Content.ReadAsStringAsync()).Should().Be("""{"detail":"Unauthorized"}""");
        }

        stage.Server.Requests.Should().BeEmpty();
        var open = () => stage.OpenAsync("/sockets/session/x");
        await open.Should().ThrowAsync<System.Net.WebSockets.WebSocketException>().WithMessage("*401*");
        stage.Server.Requests.Should().BeEmpty();

        using var shown = await stage.SendAsync("GET", Path, (Header, ProxyStage.GatewayKey));
        using var socket = await stage.OpenAsync($"/sockets/session/x?session_api_key={ProxyStage.GatewayKey}&after_seq=-1");
        using var probe = await stage.SendAsync("GET", "/v1/alive");

        new[] { shown, probe }.Select(static answer => answer.StatusCode).Should().AllBeEquivalentTo(HttpStatusCode.OK);
        stage.Server.Requests.Select(static request => request.Target)
            .Should().Equal(Path, "/sockets/session/x?after_seq=-1", "/alive");
        stage.Server.Requests.Should().NotContain(static request => request.Headers.ContainsKey(Header));
    }

    [Fact]
    public async Task NeitherHasAKey_AllIsOpenAndTheLogSaysSo()
    {
        await using var stage = await ProxyStage.StartAsync("SESSION_API_KEY=", "V1:SessionApiKey=");
        stage.Host.Expect("whoever reaches this port can run commands");

        using var answer = await stage.SendAsync("GET", Path);

        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        stage.Host.Log.Count("whoever reaches this port").Should().Be(1);
    }

    [Fact]
    public async Task FirstMessage_WithTheGatewaysKey_HasV1s()
    {
        await using var stage = await ProxyStage.StartAsync();
        using var shown = await stage.OpenAsync("/sockets/session/x?after_seq=-1");
        using var own = await stage.OpenAsync("/sockets/session/x");

        await ProxyStage.SayAsync(shown, $$"""{"type":"auth","session_api_key":"{{ProxyStage.GatewayKey}}"}""");
        await ProxyStage.SayAsync(own, """{"type":"auth","session_api_key":"another"}""");

        // The server says back what it has heard; a later message is nobody's key.
        (await ProxyStage.HearAsync(shown)).Should().Be($$"""{"type":"auth","session_api_key":"{{ProxyStage.V1Key}}"}""");
        (await ProxyStage.HearAsync(own)).Should().Be("""{"type":"auth","session_api_key":"another"}""");
        var late = $$"""{"type":"auth","session_api_key":"{{ProxyStage.GatewayKey}}"}""";
        await ProxyStage.SayAsync(shown, late);
        await ProxyStage.SayAsync(own, late);
        (await ProxyStage.HearAsync(shown)).Should().Be(late);
        (await ProxyStage.HearAsync(own)).Should().Be(late);
    }

    [Fact]
    public async Task Log_OfAFailedRequest_HasNoKey()
    {
        await using var stage = await ProxyStage.StartAsync();
        stage.Host.Expect("The V1 server does not answer");
        await stage.Server.DisposeAsync();

        using var answer = await stage.SendAsync("GET", $"/sockets/session/x?session_api_key={ProxyStage.GatewayKey}");

        answer.StatusCode.Should().Be(HttpStatusCode.BadGateway);
        stage.Host.Log.Lines.Should().NotContain(static line => line.Contains("session_api_key="));
    }
}
