using System.Buffers;
using System.Net;
using System.Net.Sockets;

using Gateway.EngineIO;

using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Tests.EngineIO.Listening;

public class EngineListenerFactoryTests
{
    private static readonly IPEndPoint s_loopback = new(IPAddress.Loopback, 0);

    [Theory]
    [InlineData(null, null, true)]
    [InlineData("AllowedHosts", "*", true)]
    [InlineData("AllowedHosts", "gateway.example", false)]
    [InlineData("ForwardedHeaders_Enabled", "false", true)]
    [InlineData("ForwardedHeaders_Enabled", "true", false)]
    public void CanBind_HostThatLooksAtRequestsFirst_LeavesThemToTheServer(string? name, string? value, bool expected)
    {
        using var provider = Services(name, value);

        Factory(provider).CanBind(s_loopback).Should().Be(expected);
    }

    [Fact]
    public void CanBind_OtherThanTcp_LeavesItToTheServer()
    {
        using var provider = Services(null, null);

        Factory(provider).CanBind(new UnixDomainSocketEndPoint("gateway.sock")).Should().BeFalse();
    }

    [Fact]
    public async Task BindAsync_PortInUse_SaysSoAsTheServerExpects()
    {
        await using var provider = Services(null, null);
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(s_loopback);
        taken.Listen();

        var bind = () => provider.GetRequiredService<IConnectionListenerFactory>().BindAsync(taken.LocalEndPoint!).AsTask();

        await bind.Should().ThrowAsync<AddressInUseException>();
    }

    private static IConnectionListenerFactorySelector Factory(IServiceProvider provider) =>
        (IConnectionListenerFactorySelector)provider.GetRequiredService<IConnectionListenerFactory>();

    private static ServiceProvider Services(string? name, string? value)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(name is null ? [] : [new(name, value)]).Build();
        return new ServiceCollection().AddLogging().AddSingleton<IConfiguration>(configuration).AddSingleton<IMemoryPoolFactory<byte>, Pools>()
            .AddEngineIO().BuildServiceProvider();
    }

    private sealed class Pools : IMemoryPoolFactory<byte>
    {
        public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => MemoryPool<byte>.Shared;
    }
}
