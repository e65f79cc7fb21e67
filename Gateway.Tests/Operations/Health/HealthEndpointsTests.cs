using System.Net;

using Gateway.Conversations;
using Gateway.EngineIO.Sessions;
using Gateway.Tests.Support;

using Microsoft.Extensions.DependencyInjection;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Operations.Health;

/// <summary>What a balancer and a supervisor are told.</summary>
public sealed class HealthEndpointsTests
{
    [Fact]
    public async Task Get_OfAServerThatIsWell_SaysSoAsOftenAsItIsAsked()
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store);
        using var rest = new RestClient(host.Address);

        // More than V0 allows an address in a second.
        for (var n = 0; n < 25; n++)
        {
            (await rest.GetAsync("/health/live")).Body.Should().Be("""{"status":"healthy"}""");
            var ready = await rest.GetAsync("/health/ready");
            ready.Status.Should().Be(HttpStatusCode.OK);
            ready.Body.Should().Be(
                """
                {"status":"healthy","checks":{"process":{"status":"healthy"},"store":{"status":"healthy"},"agent":{"status":"healthy"}}}
                """);
        }
    }

    [Fact]
    public async Task Ready_WhileTheProcessStops_IsNo()
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store);
        using var rest = new RestClient(host.Address);

        host.Services.GetRequiredService<SessionRegistry>().StopAdmitting();
        var ready = await rest.GetAsync("/health/ready");

        ready.Status.Should().Be(HttpStatusCode.ServiceUnavailable);
        Check(ready, "process").Should().Be("the process stops");
        (await rest.GetAsync("/health/live")).Status.Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Stop_OfTheHost_IsSaidBeforeAnythingElseStops()
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store);

        await host.StopAsync();

        host.Services.GetRequiredService<SessionRegistry>().IsAdmitting.Should().BeFalse();
    }

    [PermissionsTheory]
    [InlineData(0b101_101_101)]
    public async Task Ready_StoreThatMayNotBeWritten_IsNoAfterTheSetTime(int left)
    {
        using var store = TempStore.Empty();
        AnotherUser.Open(store);
        await using var process = await GatewayProcess.StartListeningAsAnotherUserAsync(
            new() { ["FILE_STORE_PATH"] = store.Root, ["Operations__NotReadyAfter"] = "00:00:00.5" });
        using var rest = new RestClient(process.Address);
        (await rest.GetAsync("/health/ready")).Status.Should().Be(HttpStatusCode.OK);

        AnotherUser.Close(store.Root, (UnixFileMode)left);
        var no = await UntilAsync(rest, HttpStatusCode.ServiceUnavailable, "the store may not be written");
        AnotherUser.Open(store);
        await UntilAsync(rest, HttpStatusCode.OK);

        ((string?)JObject.Parse(no.Body)["checks"]!["store"]!["since"]).Should().NotBeNullOrEmpty();
        no.Body.Should().NotContain(store.Root);
    }

    [Fact]
    public async Task Ready_AgentServerThatDoesNotAnswer_IsDegraded()
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(
            store, "Agent=v1", $"V1:BaseUrl=http://127.0.0.1:{NginxProxy.FreePort()}", "V1:SessionApiKey=a-key");
        host.Expect("cannot be listed");
        using var rest = new RestClient(host.Address);

        var ready = await rest.GetAsync("/health/ready");

        ready.Status.Should().Be(HttpStatusCode.OK);
        ((string?)JObject.Parse(ready.Body)["status"]).Should().Be("degraded");
        Check(ready, "agent").Should().Be("the agent server does not answer");
        host.Services.GetServices<IBackendHealth>().Should().ContainSingle();
    }

    /// <summary>Asks until the answer is this one, with this problem of the store's.</summary>
    internal static Task<RestAnswer> UntilAsync(RestClient rest, HttpStatusCode status, string? problem = null) => Eventually.GetAsync(
        () => rest.GetAsync("/health/ready"),
        answer => answer.Status == status && Check(answer, "store") == problem,
        $"its health is {status}");

    private static string? Check(RestAnswer answer, string name) =>
        (string?)JObject.Parse(answer.Body)["checks"]?[name]?["problem"];
}
