using System.Net;
using System.Net.Sockets;

namespace Gateway.Tests.Support;

/// <summary>
/// Debian's nginx with the configuration that the repository gives, in front of a gateway and a V1 server. Owns the process and its folder.
/// </summary>
internal sealed class NginxProxy : IAsyncDisposable
{
    private const string Program = "/usr/sbin/nginx";

    private readonly ProcessRunner _process;
    private readonly DirectoryInfo _folder;

    private NginxProxy(ProcessRunner process, DirectoryInfo folder, int port)
    {
        _process = process;
        _folder = folder;
        Address = new Uri($"http://127.0.0.1:{port}");
    }

    public Uri Address { get; }

    public static Task<NginxProxy> StartAsync(Uri gateway, Uri v1Server) => StartAsync(gateway, v1Server, FreePort());

    /// <summary>As above, on a port that was chosen before, so that a server can be told of it.</summary>
    public static async Task<NginxProxy> StartAsync(Uri gateway, Uri v1Server, int port)
    {
        var folder = Directory.CreateTempSubdirectory("gateway-nginx-");
        var site = (await File.ReadAllTextAsync(Repository.PathOf("Gateway", "deploy", "nginx.conf")))
            .Replace("127.0.0.1:3000", gateway.Authority, StringComparison.Ordinal)
            .Replace("127.0.0.1:8000", v1Server.Authority, StringComparison.Ordinal)
            .Replace("listen 80;", $"listen 127.0.0.1:{port};", StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "site.conf"), site);
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "nginx.conf"), AroundIt(folder.FullName));
        var process = ProcessRunner.Start(Program, ["-p", folder.FullName, "-c", "nginx.conf", "-e", "stderr"]);
        while (!(await process.ErrorLines.ReadAsync().AsTask().WaitAsync(TestLimits.Step))
            .Contains("start worker process ", StringComparison.Ordinal))
        {
            // Its sockets listen by the time it says so.
        }

        return new NginxProxy(process, folder, port);
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

    private static string AroundIt(string folder) => $$"""
        daemon off;
        worker_processes 1;
        pid {{folder}}/nginx.pid;
        error_log stderr notice;
        events { worker_connections 256; }
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
