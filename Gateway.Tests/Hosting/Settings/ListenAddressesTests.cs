using Gateway.Hosting.Settings;

using Microsoft.Extensions.Configuration;

namespace Gateway.Tests.Hosting.Settings;

public sealed class ListenAddressesTests
{
    [Theory]
    [InlineData("urls", "http://localhost:99999")]
    [InlineData("urls", "http://localhost:abc")]
    [InlineData("urls", "http://0.0.0.0:3000;http://*:-1")]
    [InlineData("urls", "8080")]
    [InlineData("urls", "localhost:8080")]
    [InlineData("urls", "ftp://localhost:21")]
    [InlineData("http_ports", "80a")]
    [InlineData("https_ports", "443;70000")]
    [InlineData("Kestrel:Endpoints:Web:Url", "http://localhost:x")]
    public void FindProblems_NoAddress_IsSaid(string name, string value) =>
        ListenAddresses.FindProblems(Configuration(name, value)).Should().ContainSingle().Which.Should().StartWith(name);

    [Theory]
    [InlineData("urls", "http://localhost:3000;https://*:3001")]
    [InlineData("urls", "http://[::1]:0")]
    [InlineData("urls", "http://example")]
    [InlineData("urls", "http://unix:/run/gateway.sock")]
    [InlineData("urls", "")]
    [InlineData("http_ports", "8080;8081")]
    public void FindProblems_Addresses_HaveNone(string name, string value) =>
        ListenAddresses.FindProblems(Configuration(name, value)).Should().BeEmpty();

    [Theory]
    [InlineData("http://0.0.0.0:3000", "http://localhost:3000")]
    [InlineData("http://[::]:3000/", "http://localhost:3000")]
    [InlineData("http://127.0.0.1:3000", "http://127.0.0.1:3000")]
    public void ForClients_OfAnAddress_CanBeConnectedTo(string url, string expected) =>
        ListenAddresses.ForClients(url).Should().Be(expected);

    private static IConfigurationRoot Configuration(string name, string value) =>
        new ConfigurationBuilder().AddInMemoryCollection([new(name, value)]).Build();
}
