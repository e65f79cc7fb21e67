using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Threading.Channels;

namespace Gateway.Tests.Support;

/// <summary>
/// A program that a test runs: lines in, lines out. Disposing it ends the program and its children, by their ids. One test
/// uses it; its reading loops are its own.
/// </summary>
internal sealed class ProcessRunner : IAsyncDisposable
{
    private const int KeptErrorCharacters = 8_000;

    private readonly Process _process;
    // Unbounded: a test's program prints a bounded number of lines, and nobody may stall it but the test itself.
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly Channel<string> _errorLines = Channel.CreateUnbounded<string>();
    private readonly StringBuilder _errors = new();
    private readonly Task _reading;

    // Completed while standard output is read.
    private volatile TaskCompletionSource _outputIsRead = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ProcessRunner(Process process)
    {
        _process = process;
        _outputIsRead.SetResult();
        _reading = Task.WhenAll(ReadOutputAsync(), ReadErrorsAsync());
    }

    /// <summary>Standard output, line by line; completes when the program closes it.</summary>
    public ChannelReader<string> Lines => _lines.Reader;

    /// <summary>Standard error, line by line.</summary>
    public ChannelReader<string> ErrorLines => _errorLines.Reader;

    /// <summary>What the program has said on standard error, its beginning.</summary>
    public string Errors
    {
        get
        {
            lock (_errors)
            {
                return _errors.ToString();
            }
        }
    }

    public static ProcessRunner Start(string program, IEnumerable<string> arguments, string? folder = null,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder ?? Repository.Root,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return new ProcessRunner(Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start."));
    }

    /// <summary>Runs a program to its end, and fails when it fails or takes longer than <paramref name="limit"/>.</summary>
    public static async Task<IReadOnlyList<string>> RunAsync(string program, IEnumerable<string> arguments, TimeSpan limit)
    {
        await using var runner = Start(program, arguments);
        runner._process.StandardInput.Close();
        var lines = await runner.Lines.ReadAllAsync().ToListAsync().AsTask().WaitAsync(limit);
        await runner._process.WaitForExitAsync().WaitAsync(limit);
        runner._process.ExitCode.Should().Be(0, "{0} says: {1}", program, runner.Errors);
        return lines;
    }

    /// <summary>The program's id for the system.</summary>
    public int Id => _process.Id;

    /// <summary>Asks the program to end, as a service manager does.</summary>
    public Task TerminateAsync() => SignalAsync("TERM");

    /// <summary>Sends a signal by its name, without <c>SIG</c>.</summary>
    public async Task SignalAsync(string name) =>
        await RunAsync("/bin/kill", [$"-{name}", _process.Id.ToString(CultureInfo.InvariantCulture)], TestLimits.Step);

    /// <summary>
    /// Leaves what the program prints in its pipe, until <see cref="ResumeOutput"/>; the line that is being read may still come.
    /// </summary>
    public void PauseOutput() => _outputIsRead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void ResumeOutput() => _outputIsRead.TrySetResult();

    /// <summary>Ends the program's standard input.</summary>
    public void CloseInput() => _process.StandardInput.Close();

    public async Task WriteLineAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Waits for the program to end by itself. Gives its exit code.</summary>
    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(TestLimits.Step);
        ResumeOutput();
        await _reading.WaitAsync(TestLimits.Step);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        ResumeOutput();
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync().WaitAsync(TestLimits.Step);
        await _reading.WaitAsync(TestLimits.Step);
        _process.Dispose();
    }

    private async Task ReadOutputAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            _lines.Writer.TryWrite(line);
            await _outputIsRead.Task;
        }

        _lines.Writer.Complete();
    }

    private async Task ReadErrorsAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            _errorLines.Writer.TryWrite(line);
            lock (_errors)
            {
                if (_errors.Length < KeptErrorCharacters)
                {
                    _errors.AppendLine(line);
                }
            }
        }

        _errorLines.Writer.Complete();
    }
}
