using System.Text.RegularExpressions;

using Gateway.Hosting;

namespace Gateway.Tests.Support;

/// <summary>The program in a process of its own, on a free loopback port. Owned by one test; disposing it kills it.</summary>
internal sealed partial class GatewayProcess : IAsyncDisposable
{
    private readonly ProcessRunner _process;
    private readonly List<string> _lines = [];
    private bool _isKilled;

    private GatewayProcess(ProcessRunner process) => _process = process;

    /// <summary>Where it listens; only after <see cref="StartListeningAsync"/>.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1");

    public string Errors => _process.Errors;

    /// <param name="environment">Settings, as an operator writes them.</param>
    /// <param name="arguments">The command line.</param>
    public static GatewayProcess Start(Dictionary<string, string> environment, params string[] arguments)
    {
        environment["URLS"] = "http://127.0.0.1:0";
        // Read before any setting: it may not be of another program's making.
        environment["DOTNET_ENVIRONMENT"] = "Production";
        return new GatewayProcess(ProcessRunner.Start("dotnet", [typeof(GatewayApp).Assembly.Location, .. arguments], environment: environment));
    }

    public static async Task<GatewayProcess> StartListeningAsync(Dictionary<string, string> environment, params string[] arguments)
    {
        var gateway = Start(environment, arguments);
        while (true)
        {
            var line = await gateway._process.Lines.ReadAsync().AsTask().WaitAsync(TestLimits.Step);
            gateway._lines.Add(line);
            if (Listening().Match(line) is { Success: true } match)
            {
                gateway.Address = new Uri(match.Value);
                return gateway;
            }
        }
    }

    /// <summary>Waits for the program to end by itself. Gives its exit code.</summary>
    public Task<int> ExitAsync() => _process.ExitAsync();

    /// <summary>Asks it to end, as a service manager does.</summary>
    public Task TerminateAsync() => _process.TerminateAsync();

    /// <summary>All that it has printed; complete when it has ended.</summary>
    public async Task<IReadOnlyList<string>> OutputAsync() => [.. _lines, .. await _process.Lines.ReadAllAsync().ToListAsync().AsTask().WaitAsync(TestLimits.Step)];

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
