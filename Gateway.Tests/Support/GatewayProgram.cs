namespace Gateway.Tests.Support;

/// <summary>The program as its users start it: a process of its own. One test uses it.</summary>
internal static class GatewayProgram
{
    private const string Listening = "Now listening on: ";

    private static string Assembly => Path.Combine(AppContext.BaseDirectory, "Gateway.dll");

    public static ProcessRunner Start(params string[] arguments) => ProcessRunner.Start("dotnet", [Assembly, .. arguments]);

    /// <summary>Starts it on a free loopback port and waits until it listens. The lines read meanwhile are given too.</summary>
    public static async Task<(ProcessRunner Process, Uri Address, List<string> Lines)> ServeAsync(TempStore store, params string[] settings)
    {
        var process = Start(["--urls", "http://127.0.0.1:0", "--FILE_STORE_PATH", store.Root, .. settings]);
        var lines = new List<string>();
        while (true)
        {
            var line = await process.Lines.ReadAsync().AsTask().WaitAsync(TestLimits.Step);
            lines.Add(line);
            if (line.IndexOf(Listening, StringComparison.Ordinal) is var at and >= 0)
            {
                return (process, new Uri(line[(at + Listening.Length)..].Split('"')[0]), lines);
            }
        }
    }

    /// <summary>Runs it to its end: exit code, and what it said on standard error.</summary>
    public static async Task<(int ExitCode, IReadOnlyList<string> Output, string Errors)> RunAsync(params string[] arguments)
    {
        await using var process = Start(arguments);
        var exitCode = await process.ExitAsync();
        return (exitCode, await process.Lines.ReadAllAsync().ToListAsync(), process.Errors);
    }
}
