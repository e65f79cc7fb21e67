using System.Net;
using System.Net.Sockets;

using Gateway.Cli;
using Gateway.Primitives.Json;
using Gateway.Tests.Operations.Operators;
using Gateway.Tests.Support;

namespace Gateway.Tests.Cli;

/// <summary>What commands are told by a running gateway's operators' routes, and why they are told nothing.</summary>
public sealed class OperatorsClientTests
{
    [Theory]
    [InlineData("")]
    [InlineData("?x=y")]
    public async Task Get_OfARunningGateway_IsItsAnswer(string query)
    {
        await using var stage = await OperatorStage.StartAsync();
        using var client = new OperatorsClient(new Uri($"{stage.Host.Address}{query}"), OperatorStage.Key);

        (await client.GetAsync("now", CancellationToken.None)).Number("connected").Should().Be(0);
    }

    [Theory]
    [InlineData("the-key-of-somebody-else", "refuses the key")]
    [InlineData("a\nkey", "no key may have")]
    public async Task Get_WithAnotherKey_SaysSoAndNotTheKey(string key, string expected)
    {
        await using var stage = await OperatorStage.StartAsync();
        using var client = new OperatorsClient(stage.Host.Address, key);

        var asking = () => client.GetAsync("now", CancellationToken.None);

        (await asking.Should().ThrowAsync<OperatorsException>()).Which.Message.Should().Contain(expected).And.NotContain(key);
    }

    [Fact]
    public async Task Post_ToAGatewayWithoutOperatorsRoutes_SaysWhatIsLacking()
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store);
        using var client = new OperatorsClient(host.Address, OperatorStage.Key);

        var asking = () => client.PostAsync("drain", CancellationToken.None);

        (await asking.Should().ThrowAsync<OperatorsException>()).Which.Message.Should().Contain("no Operations:Key");
    }

    [Fact]
    public async Task Get_WhereNobodyListens_SaysSo()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        using var client = new OperatorsClient(new Uri($"http://127.0.0.1:{port}"), OperatorStage.Key);

        var asking = () => client.GetAsync("now", CancellationToken.None);

        (await asking.Should().ThrowAsync<OperatorsException>()).Which.Message.Should().Contain("cannot be reached");
    }
}
