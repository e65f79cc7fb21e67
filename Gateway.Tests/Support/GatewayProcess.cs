using System.Globalization;
using System.Text.RegularExpressions;
using System.Threading.Channels;

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
    public static GatewayProcess Start(Dictionary<string, string> environment, params string[] arguments) =>
        StartCommand(environment, ["dotnet", typeof(GatewayApp).Assembly.Location, .. arguments]);

    /// <summary>Starts it so that the file system's permissions count for it, and waits until it listens.</summary>
    public static Task<GatewayProcess> StartListeningAsAnotherUserAsync(Dictionary<string, string> environment) =>
        ListeningAsync(StartCommand(environment, AnotherUser.Command("dotnet", typeof(GatewayApp).Assembly.Location)));

    /// <summary>Starts it with no more than so many file descriptors, and waits until it listens.</summary>
    public static Task<GatewayProcess> StartListeningAsync(int descriptors, Dictionary<string, string> environment) =>
        ListeningAsync(StartCommand(
            environment, ["bash", "-c", $"ulimit -n {descriptors} && exec dotnet \"$0\"", typeof(GatewayApp).Assembly.Location]));

    private static GatewayProcess StartCommand(Dictionary<string, string> environment, IReadOnlyList<string> command)
    {
        environment.TryAdd("URLS", "http://127.0.0.1:0");
        // Hundreds of short processes: compiled quickly first, as in the packages, each takes half of the processor time.
        environment.TryAdd("DOTNET_TieredCompilation", "1");

        // Read before any setting: it may not be of another program's making.
        environment["DOTNET_ENVIRONMENT"] = "Production";

        // Whoever runs the tests in the background may have had these ignored, and a child inherits that.
        return new GatewayProcess(
            ProcessRunner.Start("env", ["--default-signal=HUP,INT,QUIT", .. command], environment: environment));
    }

    public static Task<GatewayProcess> StartListeningAsync(Dictionary<string, string> environment, params string[] arguments) =>
        ListeningAsync(Start(environment, arguments));

    private static async Task<GatewayProcess> ListeningAsync(GatewayProcess gateway)
    {
        try
        {
            while (true)
            {
                var line = await gateway.NextLineAsync();
                if (Listening().Match(line) is { Success: true } match)
                {
                    gateway.Address = new Uri(match.Value);
                    return gateway;
                }
            }
        }
        catch
        {
            // Nobody else knows it.
            await gateway.DisposeAsync();
            throw;
        }
    }

    /// <summary>Fails with what it has said where it ends without another line.</summary>
    private async Task<string> NextLineAsync()
    {
        try
        {
            var line = await _process.Lines.ReadAsync().AsTask().WaitAsync(TestLimits.Step);
            _lines.Add(line);
            return line;
        }
        catch (ChannelClosedException exception)
        {
            throw new InvalidOperationException($"The gateway has ended: {string.Join('\n', _lines)}\n{Errors}", exception);
        }
    }

    /// <summary>Waits for the program to end by itself. Gives its exit code.</summary>
    public Task<int> ExitAsync() => _process.ExitAsync();

    /// <summary>Asks it to end, as a service manager does.</summary>
    public Task TerminateAsync() => _process.TerminateAsync();

    /// <summary>Sends a signal by its name, without <c>SIG</c>.</summary>
    public Task SignalAsync(string name) => _process.SignalAsync(name);

    /// <summary>Leaves what it prints in its pipe until <see cref="ResumeOutput"/>.</summary>
    public void PauseOutput() => _process.PauseOutput();

    public void ResumeOutput() => _process.ResumeOutput();

    /// <summary>The program's memory in the machine (VmRSS), in bytes.</summary>
    public async Task<long> ResidentBytesAsync()
    {
        var status = await File.ReadAllLinesAsync($"/proc/{_process.Id}/status");
        var line = status.Single(static line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1_024;
    }

    /// <summary>Waits for a line with this text among those that it has not printed yet when the test last looked.</summary>
    public async Task<string> WaitForLineAsync(string text)
    {
        while (true)
        {
            var line = await NextLineAsync();
            if (line.Contains(text, StringComparison.Ordinal))
            {
                return line;
            }
        }
    }

    /// <summary>All that it has printed; complete when it has ended.</summary>
    public async Task<IReadOnlyList<string>> OutputAsync() =>
        [.. _lines, .. await _process.Lines.ReadAllAsync().ToListAsync().AsTask().WaitAsync(TestLimits.Step)];

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

    [GeneratedRegex(@"http://(127\.0\.0\.1|localhost):\d+")]
    private static partial Regex Listening();
}
