using System.Text.RegularExpressions;

using Gateway.Hosting;

namespace Gateway.Tests.Support;

/// <summary>The program in a process of its own, on a free loopback port. Owned by one test; disposing it kills it.</summary>
internal sealed partial class GatewayProcess : IAsyncDisposable
{
    private readonly ProcessRunner _process;
    private bool _isKilled;

    private GatewayProcess(ProcessRunner process) => _process = process;

    /// <summary>Where it listens; only after <see cref="StartListeningAsync"/>.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1");

    public string Errors => _process.Errors;

    /// <param name="environment">Settings, as an operator writes them.</param>
    public static GatewayProcess Start(Dictionary<string, string> environment)
    {
        environment["URLS"] = "http://127.0.0.1:0";
        // Read before any setting: it may not be of another program's making.
        environment["DOTNET_ENVIRONMENT"] = "Production";
        return new GatewayProcess(ProcessRunner.Start("dotnet", [typeof(GatewayApp).Assembly.Location], environment: environment));
    }

    public static async Task<GatewayProcess> StartListeningAsync(Dictionary<string, string> environment)
    {
        var gateway = Start(environment);
        while (true)
        {
            var line = await gateway._process.Lines.ReadAsync().AsTask().WaitAsync(TestLimits.Step);
            if (Listening().Match(line) is { Success: true } match)
            {
                gateway.Address = new Uri(match.Value);
                return gateway;
            }
        }
    }

    public Task<int> ExitAsync() => _process.ExitAsync();

    /// <summary>As <c>kill -9</c> does.</summary>
    public async ValueTask KillAsync()
    {
        if (!_isKilled)
        {
            _isKilled = true;
            await _process.DisposeAsync();
        }
    }

    public ValueTask DisposeAsync() => KillAsync();

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+")]
    private static partial Regex Listening();
}
