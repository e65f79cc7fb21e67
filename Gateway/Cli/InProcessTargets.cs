using System.Globalization;

using Gateway.Fixtures;
using Gateway.Fixtures.Play;
using Gateway.Hosting;

using Microsoft.Extensions.Options;

namespace Gateway.Cli;

/// <summary>Starts a gateway in this process for each fixture: on a copy of its store, with the recorded agent. Thread-safe.</summary>
internal sealed class InProcessTargets : IVerifyTargetFactory
{
    public async Task<IVerifyTarget> StartAsync(Fixture fixture, TargetSettings settings, CancellationToken cancellationToken)
    {
        var store = Directory.CreateTempSubdirectory("gateway-verify-");
        var target = new InProcessTarget(fixture, settings, store);
        try
        {
            if (fixture.StorePath is { } recorded)
            {
                Copy(recorded, store.FullName);
            }

            await target.StartAsync(cancellationToken);
            return target;
        }
        catch
        {
            await target.DisposeAsync();
            throw;
        }
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy) ?? to);
            File.Copy(file, copy);
        }
    }
}

/// <summary>One gateway in this process. Owns it, and its store. One caller at a time.</summary>
internal sealed class InProcessTarget(Fixture fixture, TargetSettings settings, DirectoryInfo store) : IVerifyTarget
{
    private WebApplication? _app;
    private int _life;

    public Uri Address { get; private set; } = new("http://127.0.0.1:0");

    public bool CanRestart => true;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            _app = GatewayApp.Build(Arguments());
            await _app.StartAsync(cancellationToken);
        }
        catch (OptionsValidationException error)
        {
            throw new TargetException($"the gateway does not start: {string.Join("; ", error.Failures)}", error);
        }

        Address = new Uri(_app.Urls.First());
    }

    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        await StopAsync();
        _life++;
        await StartAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        store.Delete(recursive: true);
    }

    private async Task StopAsync()
    {
        if (_app is { } app)
        {
            _app = null;
            await app.StopAsync();
            await app.DisposeAsync();
        }
    }

    // Every setting that matters is said, whatever the environment of this process holds.
    private string[] Arguments()
    {
        var arguments = new List<string>
        {
            "--urls=http://127.0.0.1:0",
            "--Agent=recorded",
            $"--Recorded:Path={fixture.HarPath}",
            $"--Recorded:Life={_life.ToString(CultureInfo.InvariantCulture)}",
            $"--Storage:Root={store.FullName}",
            $"--Conversations:SessionApiKey={settings.SessionApiKey}",
            $"--Conversations:MaxConcurrentConversations={settings.MaxConcurrentConversations.ToString(CultureInfo.InvariantCulture)}",
            $"--Conversations:UserId={settings.UserId}",
            "--Logging:LogLevel:Default=None",
            "--Logging:LogLevel:Microsoft=None",
            "--Logging:LogLevel:Microsoft.AspNetCore=None",
            "--Logging:LogLevel:Microsoft.Hosting.Lifetime=None",
        };
        if (settings.FastHeartbeat)
        {
            arguments.Add("--Engine:PingInterval=00:00:00.500");
            arguments.Add("--Engine:PingTimeout=00:00:00.500");
        }

        return [.. arguments];
    }
}
