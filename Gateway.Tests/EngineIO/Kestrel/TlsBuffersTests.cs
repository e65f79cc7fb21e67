using System.Net.Security;
using System.Net.Sockets;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;

using Gateway.EngineIO.Kestrel;
using Gateway.Tests.Support;
using Gateway.Tests.Wire;

using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Gateway.Tests.EngineIO.Kestrel;

/// <summary>What OpenSSL is told about the connection of a client that may be silent for long.</summary>
public sealed class TlsBuffersTests
{
    private const int Mode = 33;
    private const int ReleaseBuffers = 0x10;

    [Theory]
    [InlineData(true, "websocket")]
    [InlineData(false, "websocket")]
    [InlineData(false, "polling")]
    public async Task Tls_OfASession_GivesItsBuffersBack(bool afterTls, string transport)
    {
        using var certificate = TestCertificate.Create("localhost");
        SslStream? served = null;
        await using var host = await EngineHost.StartAsync(listen: options =>
        {
            options.UseHttps(certificate);
            options.Use(next => connection =>
            {
                served = connection.Features.Get<ISslStreamFeature>()?.SslStream;
                return next(connection);
            });
            if (afterTls)
            {
                options.UseEngineIO();
            }
        });
        using var tcp = new TcpClient("127.0.0.1", host.Port);
        await using var tls = new SslStream(tcp.GetStream(), leaveInnerStreamOpen: false, (_, shown, _, _) => certificate.IsShown(shown));
        await tls.AuthenticateAsClientAsync("localhost").WaitAsync(TestLimits.Step);

        var head = transport == "websocket" ? PlainHandshake.Head
            : $"GET {EngineHost.Path}/?EIO=4&transport=polling HTTP/1.1\r\nHost: localhost\r\n";
        await tls.WriteAsync(Encoding.ASCII.GetBytes(head + "\r\n")).AsTask().WaitAsync(TestLimits.Step);
        await PlainHandshake.ReadUntilAsync(tls, "0{\"sid\"");

        (ModeOf(served!) & ReleaseBuffers).Should().Be(ReleaseBuffers);
    }

    private static nint ModeOf(SslStream stream)
    {
        var field = typeof(SslStream).GetField("_securityContext", BindingFlags.Instance | BindingFlags.NonPublic)!;
        return Control((SafeHandle)field.GetValue(stream)!, Mode, 0, 0);
    }

    [DllImport("libssl.so.3", EntryPoint = "SSL_ctrl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Control(SafeHandle connection, int command, nint argument, nint pointer);
}
