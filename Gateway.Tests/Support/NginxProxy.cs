using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tests.Support;

/// <summary>
/// Debian's nginx with the configuration that the repository gives, in front of a gateway and a V1 server. Owns the process and its folder.
/// </summary>
internal sealed class NginxProxy : IAsyncDisposable
{
    private const string Program = "/usr/sbin/nginx";

    private readonly ProcessRunner _process;
    private readonly DirectoryInfo _folder;
    private readonly int _securePort;

    private NginxProxy(ProcessRunner process, DirectoryInfo folder, int port, int securePort)
    {
        _securePort = securePort;
        _process = process;
        _folder = folder;
        Address = new Uri($"http://127.0.0.1:{port}");
    }

    public Uri Address { get; }

    /// <summary>What the site has written to its access log, complete once the process has ended.</summary>
    public string AccessLogPath => Path.Combine(_folder.FullName, "gateway.log");

    /// <summary>Where TLS is served; for a proxy that was started with a certificate.</summary>
    public Uri SecureAddress => new($"https://127.0.0.1:{_securePort}");

    public static Task<NginxProxy> StartAsync(Uri gateway, Uri v1Server) => StartAsync(gateway, v1Server, FreePort());

    /// <summary>As above, on a port that was chosen before, so that a server can be told of it.</summary>
    /// <param name="certificate">Takes the marks from the lines about TLS, and is what they name.</param>
    /// <param name="otherSites">What stands beside it; <c>PORT</c> is its port.</param>
    public static async Task<NginxProxy> StartAsync(
        Uri gateway, Uri v1Server, int port, X509Certificate2? certificate = null, string otherSites = "")
    {
        var folder = Directory.CreateTempSubdirectory("gateway-nginx-");
        var securePort = FreePort();
        var site = (await ReadAsync("nginx.conf"))
            .Replace("127.0.0.1:3000", gateway.Authority, StringComparison.Ordinal)
            .Replace("127.0.0.1:8000", v1Server.Authority, StringComparison.Ordinal)
            .Replace("listen 443 ssl;", $"listen 127.0.0.1:{securePort} ssl;", StringComparison.Ordinal)
            .Replace("/etc/ssl/gateway/", $"{folder.FullName}/", StringComparison.Ordinal);
        if (certificate is not null)
        {
            site = site.Replace("#tls ", "", StringComparison.Ordinal);
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "fullchain.pem"), certificate.ExportCertificatePem());
            await File.WriteAllTextAsync(
                Path.Combine(folder.FullName, "privkey.pem"), certificate.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
        }

        return await StartAsync(folder, site + otherSites.Replace("PORT", $"{port}", StringComparison.Ordinal), port, securePort);
    }

    /// <summary>As above, in front of several gateways.</summary>
    /// <param name="gateways">As many as the file has, or fewer: the others are taken out of it.</param>
    /// <param name="balancing">The mark of the line about balancing that is to count; null: by turns.</param>
    public static async Task<NginxProxy> StartSeveralAsync(IReadOnlyList<Uri> gateways, string? balancing = null)
    {
        var site = await ReadAsync("nginx-several.conf");
        for (var n = 0; n < gateways.Count; n++)
        {
            site = site.Replace($"10.0.0.{n + 1}:3000", gateways[n].Authority, StringComparison.Ordinal);
        }

        site = string.Join('\n', site.Split('\n').Where(static line => !line.Contains("server 10.0.0.", StringComparison.Ordinal)));
        if (balancing is not null)
        {
            site.Should().Contain($"#{balancing} ");
            site = site.Replace($"#{balancing} ", "", StringComparison.Ordinal);
        }

        return await StartAsync(Directory.CreateTempSubdirectory("gateway-nginx-"), site, FreePort(), securePort: 0);
    }

    private static Task<string> ReadAsync(string file) => File.ReadAllTextAsync(Repository.PathOf("Gateway", "deploy", file));

    private static async Task<NginxProxy> StartAsync(DirectoryInfo folder, string given, int port, int securePort)
    {
        var site = given
            .Replace("listen 80;", $"listen 127.0.0.1:{port};", StringComparison.Ordinal)
            .Replace("/var/log/nginx/", $"{folder.FullName}/", StringComparison.Ordinal);

        // Not every machine that runs the tests has the newer protocol.
        site = string.Join('\n', site.Split('\n').Where(static line => !line.Contains("listen [::]", StringComparison.Ordinal)));
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "site.conf"), site);
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "nginx.conf"), AroundIt(folder.FullName, EventsOf(given)));
        var process = ProcessRunner.Start(Program, ["-p", folder.FullName, "-c", "nginx.conf", "-e", "stderr"]);
        while (!(await process.ErrorLines.ReadAsync().AsTask().WaitAsync(TestLimits.Step))
            .Contains("start worker process ", StringComparison.Ordinal))
        {
            // Its sockets listen by the time it says so.
        }

        return new NginxProxy(process, folder, port, securePort);
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    /// <summary>What the file says that belongs around it.</summary>
    private static string EventsOf(string given) =>
        given.Split('\n').Select(static line => line.TrimStart('#', ' '))
            .Single(static line => line.StartsWith("events {", StringComparison.Ordinal));

    private static string AroundIt(string folder, string events) => $$"""
        daemon off;
        worker_processes 1;
        pid {{folder}}/nginx.pid;
        error_log stderr notice;
        {{events}}
        http {
          access_log off;
          client_body_temp_path {{folder}}/body;
          proxy_temp_path {{folder}}/proxy;
          fastcgi_temp_path {{folder}}/fastcgi;
          uwsgi_temp_path {{folder}}/uwsgi;
          scgi_temp_path {{folder}}/scgi;
          include {{folder}}/site.conf;
        }
        """;
}
