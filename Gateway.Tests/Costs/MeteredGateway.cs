using System.Globalization;

using Gateway.Hosting;
using Gateway.Tests.Support;

using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Costs;

/// <summary>
/// The program in a process of its own, where nothing else allocates or calls the system, over a store of the test's. Counts what it has
/// allocated, and by <c>strace</c> which system calls it makes. All of its code is compiled once, so that counts do not depend on how warm
/// it is. Owned by one test.
/// </summary>
internal sealed class MeteredGateway : IAsyncDisposable
{
    public const string Argument = "metered-gateway";

    private const int Counts = 3;

    private readonly ProcessRunner _process;

    private MeteredGateway(ProcessRunner process) => _process = process;

    public int Port { get; private set; }

    public static async Task<MeteredGateway> StartAsync(TempStore store, params string[] settings)
    {
        var gateway = new MeteredGateway(ProcessRunner.Start(
            "dotnet",
            [
                // As the program itself runs.
                "exec", "--runtimeconfig", Path.ChangeExtension(typeof(GatewayApp).Assembly.Location, ".runtimeconfig.json"),
                typeof(MeteredGateway).Assembly.Location, Argument,
                "--urls=http://127.0.0.1:0", $"--FILE_STORE_PATH={store.Root}", "--Agent=none", .. settings,
            ],
            environment: new Dictionary<string, string> { ["DOTNET_ENVIRONMENT"] = "Production" }));
        try
        {
            gateway.Port = new Uri(await gateway.NextLineAsync()).Port;
            return gateway;
        }
        catch
        {
            await gateway.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// What the process itself does: answers each line with the bytes that it has allocated since its start, and how many timers it has.
    /// </summary>
    public static async Task RunAsync(string[] settings)
    {
        await using var app = GatewayApp.Build(settings, static builder => builder.Logging.ClearProviders());
        await app.StartAsync();
        Console.WriteLine(app.Urls.Single());
        while (Console.ReadLine() is not null)
        {
            Console.WriteLine($"{GC.GetTotalAllocatedBytes(precise: true)} {Timer.ActiveCount}");
        }

        await app.StopAsync();
    }

    /// <summary>
    /// What it costs to do <paramref name="work"/>, which is done several times: once for the calls, and for the bytes until they have been
    /// counted without what a pool makes now and then because many threads had something to do at one moment.
    /// </summary>
    public async Task<Cost> MeasureAsync(Func<Task> work)
    {
        var least = long.MaxValue;
        for (var n = 0; n < Counts; n++)
        {
            least = Math.Min(least, await AllocatedAsync(work));
        }

        return new Cost(least, await CallsAsync(work));
    }

    /// <summary>Bytes that are allocated, less what the question itself takes.</summary>
    private async Task<long> AllocatedAsync(Func<Task> work)
    {
        var before = await AllocatedAsync();
        var between = await AllocatedAsync();
        await work();
        return await AllocatedAsync() - between - (between - before);
    }

    private async Task<Dictionary<string, double>> CallsAsync(Func<Task> work)
    {
        await using var trace = ProcessRunner.Start(
            "strace", ["-f", "-c", "-U", "calls,name", "-p", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        var attached = await trace.ErrorLines.ReadAsync().AsTask().WaitAsync(TestLimits.Step);
        attached.Should().Contain("attached");

        await work();
        await trace.SignalAsync("INT");
        await trace.ExitAsync();
        var calls = new Dictionary<string, double>();
        foreach (var words in trace.Errors.Split('\n').Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
        {
            if (words is [var count, var name] && int.TryParse(count, CultureInfo.InvariantCulture, out var number))
            {
                calls[name] = number;
            }
        }

        return calls;
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    /// <summary>Timers that will fire.</summary>
    public async Task<long> TimersAsync() => (await AskAsync()).Timers;

    private async Task<long> AllocatedAsync() => (await AskAsync()).Bytes;

    private async Task<(long Bytes, long Timers)> AskAsync()
    {
        await _process.WriteLineAsync("");
        var words = (await NextLineAsync()).Split(' ');
        return (long.Parse(words[0], CultureInfo.InvariantCulture), long.Parse(words[1], CultureInfo.InvariantCulture));
    }

    private async Task<string> NextLineAsync() => await _process.Lines.ReadAsync().AsTask().WaitAsync(TestLimits.Slow);
}
