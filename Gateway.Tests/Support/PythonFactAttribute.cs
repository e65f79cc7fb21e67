using System.Diagnostics;

namespace Gateway.Tests.Support;

/// <summary>A test that needs <c>python3</c>; skipped, and said so, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PythonFactAttribute : FactAttribute
{
    private static readonly string? s_python = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(static directory => Path.Combine(directory, "python3")).FirstOrDefault(File.Exists);

    public PythonFactAttribute()
    {
        if (s_python is null)
        {
            Skip = "python3 is not installed.";
        }
    }

    /// <summary>Runs a script to its end and gives what it printed.</summary>
    public static async Task<string> RunAsync(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo(s_python ?? "python3", ["-c", script, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("python3 did not start.");
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = await process.StandardError.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60));
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        process.ExitCode.Should().Be(0, errors);
        return await output;
    }
}
