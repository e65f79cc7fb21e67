using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

using Gateway.Tests.Support;

using static Gateway.Tests.Wire.PlainHandshake;

namespace Gateway.Tests.Wire;

/// <summary>
/// Addresses with TLS as settings name them. As in <see cref="FrontDoorTests"/>, an answer with a date is of Kestrel's HTTP, and one
/// without is the middleware's.
/// </summary>
public sealed class SecureAddressTests : IDisposable
{
    private const string Own = "Kestrel:Endpoints:Own";
    private const string Request = $"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\n{Upgrade}\r\n";

    private readonly TempStore _store = TempStore.Empty();
    private readonly TempStore _files = TempStore.Empty();
    private readonly X509Certificate2 _certificate = TestCertificate.Create("localhost");

    public SecureAddressTests()
    {
        File.WriteAllText(_files.PathOf("cert.pem"), _certificate.ExportCertificatePem());
        File.WriteAllText(_files.PathOf("key.pem"), _certificate.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _files.Dispose();
        _store.Dispose();
    }

    [Theory]
    [InlineData(true, "Certificates:Default", "urls=https://127.0.0.1:0")]
    [InlineData(true, "Certificates:Default", "urls=https://*:0")]
    [InlineData(true, "Certificates:Default", $"{Own}:Url=https://127.0.0.1:0")]
    [InlineData(true, "Endpoints:Own:Certificate", $"{Own}:Url=https://127.0.0.1:0")]
    [InlineData(false, "Endpoints:Own:Sni:*:Certificate", $"{Own}:Url=https://127.0.0.1:0")]

    // What Kestrel is told is a port, and this one is of both kinds.
    [InlineData(false, "Certificates:Default", "urls=https://127.0.0.1:0;http://127.0.0.1:0")]
    public async Task Handshake_ToAnEncryptedAddress_IsServed(bool isDirect, string certificate, string address)
    {
        await using var host = await StartAsync(certificate, address);
        using var tcp = new TcpClient("127.0.0.1", host.Address.Port);
        await using var tls = new SslStream(tcp.GetStream(), leaveInnerStreamOpen: false, (_, shown, _, _) => _certificate.IsShown(shown));
        await tls.AuthenticateAsClientAsync("localhost").WaitAsync(TestLimits.Step);

        await tls.WriteAsync(Encoding.ASCII.GetBytes(Request)).AsTask().WaitAsync(TestLimits.Step);
        var answer = await ReadUntilAsync(tls, "0{\"sid\"");

        answer.Should().StartWith("HTTP/1.1 101");
        answer.Contains("Date:", StringComparison.Ordinal).Should().Be(!isDirect);
    }

    [Fact]
    public async Task Request_OfHttp2OverTls_IsServed()
    {
        await using var host = await StartAsync("Certificates:Default", "urls=https://127.0.0.1:0");
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => _certificate.IsShown(shown);
        using var client = new HttpClient(handler)
        {
            DefaultRequestVersion = new Version(2, 0),
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        using var response = await client.GetAsync(new Uri(host.Address, "/alive")).WaitAsync(TestLimits.Step);

        (response.IsSuccessStatusCode, response.Version).Should().Be((true, new Version(2, 0)));
    }

    /// <summary>Kestrel's own list of addresses is used in place of <c>urls</c>, whose schemes say nothing about it.</summary>
    [Fact]
    public async Task Handshake_ToAPlainEndpointInPlaceOfAnEncryptedUrl_IsServedInTheClear()
    {
        await using var host = await StartAsync("Certificates:Default", "urls=https://127.0.0.1:0", $"{Own}:Url=http://127.0.0.1:0");
        using var tcp = new TcpClient("127.0.0.1", host.Address.Port);

        await tcp.GetStream().WriteAsync(Encoding.ASCII.GetBytes(Request)).AsTask().WaitAsync(TestLimits.Step);
        var answer = await ReadUntilAsync(tcp.GetStream(), "0{\"sid\"");

        answer.Should().StartWith("HTTP/1.1 101").And.NotContain("Date:");
    }

    private async Task<GatewayHost> StartAsync(string certificate, params string[] addresses)
    {
        var host = await GatewayHost.StartAsync(_store, [
            .. addresses,
            $"Kestrel:{certificate}:Path={_files.PathOf("cert.pem")}",
            $"Kestrel:{certificate}:KeyPath={_files.PathOf("key.pem")}"]);
        host.Expect("Overriding address");
        return host;
    }
}
