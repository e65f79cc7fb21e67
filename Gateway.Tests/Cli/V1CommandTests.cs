using Gateway.Tests.Support;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Cli;

/// <summary><c>gateway v1 kinds</c> in a process of its own, against servers of several kinds.</summary>
public sealed class V1CommandTests
{
    private const string Key = "a-very-secret-key";

    [Fact]
    public async Task Kinds_ServerWithUnknownOnes_ListsThemAndSaysSoByItsExitCode()
    {
        await using var server = await ServeAsync(OpenApiDocument.With("DreamEvent", "DreamAction"));

        var (exitCode, output, _) = await RunAsync([], "--url", server.Urls.First(), "--key", Key);

        exitCode.Should().Be(1);
        output.Should().Contain("1.59.0").And.ContainAll("DreamEvent", "DreamAction").And.NotContain("MessageEvent").And.NotContain(Key);
    }

    [Fact]
    public async Task Kinds_ServerWithKnownOnesAlone_IsWell()
    {
        await using var server = await ServeAsync(OpenApiDocument.With());

        var (exitCode, output, _) = await RunAsync(new() { ["V1__SessionApiKey"] = Key }, "--url", server.Urls.First());

        exitCode.Should().Be(0);
        output.Should().Contain("All of them are known.");
    }

    [Theory]
    [InlineData("--key", "another-key")]
    [InlineData("--key", "")]
    public async Task Kinds_WrongKey_SaysSoAndNotTheKey(params string[] key)
    {
        await using var server = await ServeAsync(OpenApiDocument.With());

        var (exitCode, output, errors) = await RunAsync([], ["--url", server.Urls.First(), .. key]);

        exitCode.Should().Be(2);
        errors.Should().Contain("refuses the key");
        (output + errors).Should().NotContain("another-key").And.NotContain("   at ");
    }

    /// <summary>A key belongs to the server of the settings, and to no other.</summary>
    [Fact]
    public async Task Kinds_KeyOfTheSettingsForAnotherServer_IsNotSent()
    {
        await using var server = await ServeAsync(OpenApiDocument.With());

        var (exitCode, _, errors) = await RunAsync(
            new() { ["V1__SessionApiKey"] = Key, ["V1__BaseUrl"] = "http://127.0.0.1:9" }, "--url", server.Urls.First());

        exitCode.Should().Be(2);
        errors.Should().Contain("refuses the key");
    }

    [Theory]
    [InlineData("http://127.0.0.1:9", "cannot be reached")]
    [InlineData("ftp://x", "no http or https URL")]
    [InlineData("http://name:word@127.0.0.1:9", "has a name or password")]
    public async Task Kinds_AddressOfNothing_SaysSo(string url, string named)
    {
        var (exitCode, _, errors) = await RunAsync([], "--url", url);

        exitCode.Should().Be(2);
        errors.Should().Contain(named).And.NotContain("word@").And.NotContain("   at ");
    }

    [Fact]
    public async Task Kinds_ServerOfAnotherKind_SaysSo()
    {
        await using var server = await ServeAsync(new JObject { ["openapi"] = "3.1.0" });

        var (exitCode, _, errors) = await RunAsync([], "--url", server.Urls.First(), "--key", Key);

        exitCode.Should().Be(2);
        errors.Should().Contain("is no agent-server");
    }

    private static async Task<WebApplication> ServeAsync(JObject document)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(context => context.Request.Headers["X-Session-API-Key"] != Key
            ? StandInAnswer.WriteAsync(context, 401, new JObject { ["detail"] = "Unauthorized" })
            : context.Request.Path.Value switch
            {
                "/openapi.json" => StandInAnswer.WriteAsync(context, 200, document),
                "/server_info" => StandInAnswer.WriteAsync(context, 200, new JObject { ["version"] = "1.59.0" }),
                _ => StandInAnswer.WriteAsync(context, 404, new JObject { ["detail"] = "Not Found" }),
            });
        await app.StartAsync();
        return app;
    }

    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(
        Dictionary<string, string> environment, params string[] arguments)
    {
        await using var process = GatewayProcess.Start(environment, ["v1", "kinds", .. arguments]);
        var exitCode = await process.ExitAsync();
        return (exitCode, string.Join('\n', await process.OutputAsync()), process.Errors);
    }
}
