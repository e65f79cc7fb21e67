using System.Threading.Channels;

using Gateway.Tests.Support;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.Clients;

/// <summary>
/// A client whose program is another process with one of the drivers of <c>Gateway.Tests/clients</c>: commands in, observations
/// out, a JSON line each. Owns the process.
/// </summary>
internal sealed class DriverClient : IWireClient
{
    private readonly ProcessRunner _process;
    private readonly Func<Visit, JObject> _connectCommand;
    private readonly Channel<Observation> _seen = Channel.CreateUnbounded<Observation>();
    private readonly Task _reading;

    private DriverClient(ProcessRunner process, Func<Visit, JObject> connectCommand)
    {
        _process = process;
        _connectCommand = connectCommand;
        _reading = ReadAsync();
    }

    public ChannelReader<Observation> Seen => _seen.Reader;

    /// <summary>socket.io-client under node.</summary>
    public static DriverClient Node(Func<Visit, JObject> connectCommand) =>
        new(ProcessRunner.Start("node", ["node-driver.mjs"], ClientPrograms.Folder), connectCommand);

    /// <summary>python-socketio, <paramref name="kind"/> being <c>async</c> or <c>sync</c>.</summary>
    public static DriverClient Python(string kind, Func<Visit, JObject> connectCommand) =>
        new(ProcessRunner.Start(ClientPrograms.Python, ["python_driver.py", kind], ClientPrograms.Folder), connectCommand);

    public Task ConnectAsync(Visit visit) => CommandAsync(_connectCommand(visit));

    public Task EmitAsync(JObject action, bool wantsAck = false) => CommandAsync(DriverCommands.Emit(action, wantsAck));

    public Task LeaveAsync() => CommandAsync(new JObject { ["do"] = "leave" });

    /// <summary>What only this kind of driver knows.</summary>
    public Task CommandAsync(JObject command) => _process.WriteLineAsync(command.ToString(Formatting.None));

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        await _reading.WaitAsync(TestLimits.Step);
    }

    private async Task ReadAsync()
    {
        await foreach (var line in _process.Lines.ReadAllAsync())
        {
            _seen.Writer.TryWrite(Observation.Of((JObject)WireJson.Parse(line)));
        }

        // A test that still waits is told what the program died of.
        _seen.Writer.Complete(new InvalidOperationException($"The client's program has ended. {_process.Errors}"));
    }
}
