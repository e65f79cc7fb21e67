using Gateway.Operations.AdminUi;
using Gateway.Tests.Operations.Operators;
using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Operations.AdminUi;

/// <summary>The Socket.IO Admin UI's namespace, as its package speaks it, over a real server with a real client.</summary>
public sealed class AdminNamespaceTests
{
    private const string Password = "the password of the admin";
    private const string SessionKey = "the-session-key-of-clients";

    private static readonly string s_hash = BCrypt.Net.BCrypt.HashPassword(Password, 4);

    private static readonly string[] s_on = ["Operations:AdminUi:Username=admin", $"Operations:AdminUi:PasswordHash={s_hash}"];

    private static JObject Credentials => new() { ["username"] = "admin", ["password"] = Password };

    [Fact]
    public async Task Connect_WithThePassword_GivesASessionThatIsGoodAfterwards()
    {
        await using var stage = await OperatorStage.StartAsync(s_on);
        var (page, answer) = await AdminPage.ConnectAsync(stage.Host.Address, Credentials);
        await using (page)
        {
            answer.Should().StartWith("40/admin,{\"sid\":");
            var session = (await page.EventAsync("session")).Single();
            (await page.EventAsync("config")).Single()["supportedFeatures"]!.Values<string>().Should().Equal("AGGREGATED_EVENTS");

            var (again, second) = await AdminPage.ConnectAsync(stage.Host.Address, new JObject { ["sessionId"] = session });
            await using (again)
            {
                second.Should().StartWith("40/admin,");
            }
        }
    }

    [Theory]
    [InlineData("""{"username":"admin","password":"wrong"}""")]
    [InlineData("""{"username":"other","password":"the password of the admin"}""")]
    [InlineData("""{"sessionId":"0123456789abcdef0123456789abcdef"}""")]
    [InlineData("""{"username":["admin"],"password":{"$ne":1}}""")]
    [InlineData("{}")]
    public async Task Connect_WithoutTheRightCredentials_IsRefusedInTheWordsThatThePageKnows(string auth)
    {
        await using var stage = await OperatorStage.StartAsync(s_on);

        var (page, answer) = await AdminPage.ConnectAsync(stage.Host.Address, JObject.Parse(auth));

        await using (page)
        {
            answer.Should().Be("44/admin,{\"message\":\"invalid credentials\"}");
        }

        // Like a wrong operators' key: with the address, in the words that fail2ban looks for. Who shows nothing has tried nothing.
        var filter = await FailToBan.ReadFilterAsync("127.0.0.1");
        stage.Host.Log.Lines.Count(line => filter.Any(pattern => pattern.IsMatch(line.Text))).Should().Be(auth == "{}" ? 0 : 1);
    }

    [Fact]
    public async Task Namespace_UntilItIsAskedFor_IsNotThere()
    {
        await using var stage = await OperatorStage.StartAsync();

        var (page, answer) = await AdminPage.ConnectAsync(stage.Host.Address, Credentials);

        await using (page)
        {
            answer.Should().Contain("Invalid namespace");
        }
    }

    [Fact]
    public async Task Sockets_InDevelopmentMode_AreShownWithoutSecretsAndCanBeMoved()
    {
        await using var stage = await OperatorStage.StartAsync(
            [.. s_on, "Operations:AdminUi:Mode=Development", "Operations:AdminUi:ReadOnly=false", $"SESSION_API_KEY={SessionKey}"]);
        var client = await stage.JoinAsync(key: SessionKey);
        var (page, _) = await AdminPage.ConnectAsync(stage.Host.Address, Credentials);
        await using var closing = page;

        (await page.EventAsync("config")).Single()["supportedFeatures"]!.Values<string>()
            .Should().Equal("EMIT", "JOIN", "LEAVE", "DISCONNECT", "MJOIN", "MLEAVE", "MDISCONNECT", "AGGREGATED_EVENTS", "ALL_EVENTS");
        var socket = (await page.EventAsync("all_sockets")).Single().Single();
        socket.ToString().Should().NotContain(SessionKey);
        ((string?)socket["nsp"]).Should().Be("/");
        ((string?)socket["transport"]).Should().Be("websocket");
        ((string?)socket["handshake"]!["query"]!["session_api_key"]).Should().Be("***");
        socket["rooms"]!.Values<string>().Should().Equal((string)socket["id"]!, $"room:{stage.Conversation}");

        var stats = (await page.EventAsync("server_stats")).Single();
        ((int)stats["clientsCount"]!).Should().Be(2);
        ((int)stats["pid"]!).Should().Be(Environment.ProcessId);
        stats["namespaces"]!.Select(static one => $"{one["name"]} {one["socketsCount"]}").Should().Equal("/ 1", "/admin 1");

        await page.EmitAsync(
            "emit", "/", $"room:{stage.Conversation}", "oh_event", new { status_update = true, message = "from the admin" });
        await client.UntilEventAsync(static json => (string?)json["message"] == "from the admin");
        await page.EmitAsync("_disconnect", "/", false, (string?)socket["id"]);
        await client.ReadAsync("disconnect");
        (await page.EventAsync("socket_disconnected"))[1].Value<string>().Should().Be((string?)socket["id"]);
    }

    [Fact]
    public async Task Commands_OfAPageThatMayOnlyRead_DoNothing()
    {
        await using var stage = await OperatorStage.StartAsync(s_on);
        var client = await stage.JoinAsync();
        var (page, _) = await AdminPage.ConnectAsync(stage.Host.Address, Credentials);
        await using var closing = page;

        await page.EmitAsync("_disconnect", "/", true, null);
        await page.EmitAsync("emit", "/", null, "oh_event", "x");
        await page.EventAsync("server_stats");

        // It is still there, and has been told nothing: what it hears next is of its own doing.
        await client.EmitAsync(Actions.Message("Say it back"));
        (await client.ReadTurnAsync()).Should().NotContain(static json => json.Type == JTokenType.String);
    }

    [Theory]
    [InlineData("admin", "", "together")]
    [InlineData("admin", "plain text", "no bcrypt hash")]
    [InlineData("", "$2b$10$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234", "together")]
    [InlineData("admin", "$2b$31$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234", "2^14")]
    public void Validate_SettingsThatMeanNothing_SayWhat(string username, string hash, string expected)
    {
        var result = new AdminUiOptionsValidator().Validate(null, new AdminUiOptions { Username = username, PasswordHash = hash });

        result.FailureMessage.Should().Contain(expected);
        if (hash.Length > 0)
        {
            result.FailureMessage.Should().NotContain(hash);
        }
    }
}
