using System.Net;

using Gateway.Conversations;
using Gateway.Primitives.Json;
using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;
using Gateway.Tests.Wire.V1;

using Microsoft.Extensions.DependencyInjection;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.Canary;

/// <summary>The old conversations are a V0 server's, behind the gateway.</summary>
public sealed class BeforeV0Tests
{
    [Fact]
    public async Task Conversations_OfBothServers_AreOneListAndEachIsServedByItsOwn()
    {
        await using var stage = await CanaryStage.StartAsync(hasV0: true);
        stage.V1.Rest.Forget(stage.V1.ConversationId);
        await using var gateway = await stage.StartBeforeV0Async(CanaryStage.Marked);
        using var http = CanaryStage.Open(gateway.Address);
        var made = new List<string>();
        for (var n = 0; n < 5; n++)
        {
            made.Insert(0, await CanaryStage.CreateAsync(http, isMarked: n % 2 == 0));
        }

        var listed = await CanaryStage.ListAsync(http, limit: 2);

        listed.Select(static one => one.Text("conversation_id")).Should().Equal(made);
        listed.Select(static one => one.Text("lives_at")).Should().Equal("V1", "V0", "V1", "V0", "V1");
        stage.V0Store.Conversations().Should().BeEquivalentTo(made[1], made[3]);
        stage.Store.Conversations().Should().BeEquivalentTo(made[0], made[2], made[4]);
        foreach (var (id, place) in made.Zip(["V1", "V0", "V1", "V0", "V1"]))
        {
            (await CanaryStage.WhereAsync(http, id)).Should().Be(place);
            (await CanaryStage.SendAsync(http, "PATCH", $"/api/conversations/{id}", $$"""{"title":"{{place}} {{id}}"}"""))
                .Body.Should().Be("true");
            (await CanaryStage.SendAsync(http, "GET", $"/api/conversations/{id}")).Body.Should().Contain($"{place} {id}");
        }

        (await File.ReadAllTextAsync(stage.V0Store.PathOf("sessions", made[1], "metadata.json"))).Should().Contain($"V0 {made[1]}");
        (await CanaryStage.SendAsync(http, "DELETE", $"/api/conversations/{made[1]}")).Body.Should().Be("true");
        stage.V0Store.Conversations().Should().Equal(made[3]);
        (await CanaryStage.SendAsync(http, "GET", $"/api/conversations/{made[3]}/trajectory")).Status.Should().Be(HttpStatusCode.OK);
    }

    /// <summary>A slip in the address, or two gateways that name each other.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Requests_WhoseV0ServerLeadsBack_AreRefusedAtOnceAndItIsSaid(bool isThroughAnother)
    {
        await using var stage = await CanaryStage.StartAsync(hasV0: false);
        var ports = new[] { NginxProxy.FreePort(), NginxProxy.FreePort() };
        await using var gateway = await StartAsync(ports[0], ports[isThroughAnother ? 1 : 0]);
        await using var another = isThroughAnother ? await StartAsync(ports[1], ports[0]) : null;
        using var http = CanaryStage.Open(gateway.Address);
        http.Timeout = TimeSpan.FromSeconds(4);

        stage.V1.Rest.Forget(stage.V1.ConversationId);
        (await CanaryStage.ListAsync(http, limit: 20)).Should().BeEmpty();
        var (status, body) = await CanaryStage.SendAsync(http, "GET", $"/api/conversations/{Guid.NewGuid():N}/events");

        ((int)status).Should().Be(508);
        body.Should().Contain("leads back to the gateway");
        gateway.Log.Count("leads back to this gateway").Should().Be(1);

        async Task<GatewayHost> StartAsync(int port, int old)
        {
            var host = await stage.StartGatewayAsync($"http://127.0.0.1:{old}", $"urls=http://127.0.0.1:{port}");
            host.Expect("leads back to this gateway");
            host.Expect("does not give its list");
            host.Expect("does not answer");
            return host;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Socket_ToV0sConversation_IsV0sByEitherTransport(bool isPolling)
    {
        await using var stage = await CanaryStage.StartAsync(hasV0: true);
        await using var gateway = await stage.StartBeforeV0Async();
        using var http = CanaryStage.Open(gateway.Address);
        var id = await CanaryStage.CreateAsync(http);
        await using ICuttableClient client = isPolling ? new PollingClient() : new HandWrittenClient([]);

        var answer = await CanaryTalk.SayAsync(client, new Visit(gateway.Address, id, Key: CanaryStage.ClientKey));

        answer.Should().Be(CanaryTalk.Echo, "V0's echo answers");
        stage.V0Store.Events(id).Should().NotBeEmpty();
        stage.Store.Conversations().Should().BeEmpty();
        await using var own = new HandWrittenClient([]);
        (await CanaryTalk.SayAsync(own, new Visit(gateway.Address, V1Stage.Id, Key: CanaryStage.ClientKey)))
            .Should().NotBe(CanaryTalk.Echo, "V1's own conversation is served here");
    }

    [Fact]
    public async Task Namespace_OfV0sConversation_IsToldToConnectByItself()
    {
        await using var stage = await CanaryStage.StartAsync(hasV0: true);
        await using var gateway = await stage.StartBeforeV0Async();
        using var http = CanaryStage.Open(gateway.Address);
        var id = await CanaryStage.CreateAsync(http);
        using var client = await RawEngineClient.OpenAsync(gateway.Address.Port, "/socket.io/");

        await client.SendTextAsync($"40/conversations/{id},{{\"session_api_key\":\"{CanaryStage.ClientKey}\"}}");

        (await client.ReadTextAsync()).Should().StartWith($"44/conversations/{id},{{\"message\":\"The conversation is at another server");
        stage.Store.Conversations().Should().BeEmpty();
    }

    [Fact]
    public async Task Socket_WithoutTheKey_IsRefusedAndNotPassedOn()
    {
        await using var stage = await CanaryStage.StartAsync(hasV0: true);
        await using var gateway = await stage.StartBeforeV0Async();
        using var http = CanaryStage.Open(gateway.Address);
        var id = await CanaryStage.CreateAsync(http);
        var before = stage.V0!.Log.Count("Connected to namespace");
        await using var client = new HandWrittenClient([]);

        await client.ConnectAsync(new Visit(gateway.Address, id, Key: "another"));

        Observation seen;
        do
        {
            seen = await client.Seen.ReadAsync().AsTask().WaitAsync(TestLimits.Step);
        }
        while (seen.On is not ("refused" or "connect"));
        seen.On.Should().Be("refused");
        seen.Value.ToString().Should().Contain("invalid_session_api_key");
        stage.V0.Log.Count("Connected to namespace").Should().Be(before);
        using var stranger = new HttpClient { BaseAddress = gateway.Address };
        (await stranger.GetAsync($"/api/conversations/{id}")).StatusCode.Should().Be(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task V0_AwayAndBack_RefusesItsOwnConversationsAlone()
    {
        await using var stage = await CanaryStage.StartAsync(hasV0: true);
        stage.V1.Rest.Forget(stage.V1.ConversationId);
        await using var gateway = await stage.StartBeforeV0Async(CanaryStage.Marked);
        gateway.Expect("The V0 server does not answer");
        using var http = CanaryStage.Open(gateway.Address);
        var old = await CanaryStage.CreateAsync(http);
        var own = await CanaryStage.CreateAsync(http, isMarked: true);

        await stage.V0!.StopAsync();

        var (status, body) = await CanaryStage.SendAsync(http, "GET", $"/api/conversations/{old}");
        status.Should().Be(HttpStatusCode.BadGateway);
        body.Should().Be("""{"detail":"The V0 server of this conversation cannot be reached"}""");
        (await CanaryStage.SendAsync(http, "POST", "/api/conversations", "{}")).Status.Should().Be(HttpStatusCode.BadGateway);
        (await CanaryStage.SendAsync(http, "GET", $"/socket.io/?EIO=4&transport=polling&conversation_id={old}&session_api_key="
            + CanaryStage.ClientKey)).Status.Should().Be(HttpStatusCode.BadGateway);
        (await CanaryStage.ListAsync(http, limit: 20)).Select(static one => one.Text("conversation_id")).Should().Equal(own);
        (await CanaryStage.SendAsync(http, "GET", $"/api/conversations/{own}")).Status.Should().Be(HttpStatusCode.OK);
        await CanaryStage.CreateAsync(http, isMarked: true);
        gateway.Log.Count("The V0 server does not answer").Should().Be(1);
        var health = gateway.Services.GetServices<IBackendHealth>();
        (await Task.WhenAll(health.Select(static one => one.FindProblemAsync(CancellationToken.None).AsTask())))
            .Should().Contain("The V0 server does not answer.");

        await stage.StartV0Async();

        // A look is given up after a second, which a busy machine may need for it.
        await Eventually.IsTrueAsync(
            async () => (await Task.WhenAll(health.Select(static one => one.FindProblemAsync(CancellationToken.None).AsTask())))
                .All(static problem => problem is null),
            "V0 is found to answer");

        (await CanaryStage.SendAsync(http, "GET", $"/api/conversations/{old}")).Status.Should().Be(HttpStatusCode.OK);
        (await CanaryStage.ListAsync(http, limit: 20)).Select(static one => one.Text("conversation_id")).Should().Contain(old);
        gateway.Log.Count("The V0 server answers again").Should().BePositive();
    }

    [Fact]
    public async Task V0_AwayAtTheStart_IsSaidInTheLog()
    {
        await using var stage = await CanaryStage.StartAsync(hasV0: false);
        await using var gateway = await stage.StartGatewayAsync($"http://127.0.0.1:{NginxProxy.FreePort()}");
        gateway.Expect("The V0 server does not answer");

        await gateway.Log.WaitForAsync("The V0 server does not answer");
    }

    /// <summary>V0 makes an id of its own; a gateway on V0's store shows none twice, and leaves V0's to V0.</summary>
    [Fact]
    public async Task Store_SharedWithV0_ShowsEachConversationOnce()
    {
        await using var stage = await CanaryStage.StartAsync(hasV0: true);
        stage.V1.Rest.Forget(stage.V1.ConversationId);
        await using var gateway = await stage.StartBeforeV0Async(CanaryStage.Marked, $"FILE_STORE_PATH={stage.V0Store.Root}");
        using var http = CanaryStage.Open(gateway.Address);
        var old = await CanaryStage.CreateAsync(http);
        var own = await CanaryStage.CreateAsync(http, isMarked: true);

        var listed = await CanaryStage.ListAsync(http, limit: 20);

        listed.Select(static one => one.Text("conversation_id")).Should().Equal(own, old);
        listed.Select(static one => one.Text("lives_at")).Should().Equal("V1", "V0");
        (await CanaryStage.WhereAsync(http, old)).Should().Be("V0");
        stage.V0Store.Conversations().Should().BeEquivalentTo(own, old);
        var stored = JObject.Parse(await File.ReadAllTextAsync(stage.V0Store.PathOf("sessions", own, "metadata.json")));
        stored.Text("conversation_version").Should().Be("V1");
    }
}
