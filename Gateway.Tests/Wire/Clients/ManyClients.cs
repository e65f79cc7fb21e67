using Gateway.Tests.Support;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.Clients;

/// <summary>
/// Many socket.io-clients in a process of their own (<c>clients/many-clients.mjs</c>): they follow conversations, and one of each writes,
/// until they are told to end. Owned by one test.
/// </summary>
internal sealed class ManyClients : IAsyncDisposable
{
    private readonly ProcessRunner _process;

    private ManyClients(ProcessRunner process) => _process = process;

    /// <summary>Complete when all are connected.</summary>
    /// <param name="address">Where they connect.</param>
    /// <param name="clients">How many.</param>
    /// <param name="conversations">Among how many conversations, <c>c0</c> and on.</param>
    /// <param name="options">Of socket.io-client, for each.</param>
    public static async Task<ManyClients> ConnectAsync(Uri address, int clients, int conversations, JObject? options = null)
    {
        var many = new ManyClients(ProcessRunner.Start("node", ["many-clients.mjs"], ClientPrograms.Folder));
        await many._process.WriteLineAsync(new JObject
        {
            ["url"] = address.ToString(),
            ["clients"] = clients,
            ["conversations"] = conversations,
            ["pause"] = LongTests.Scale(100, 1_000),
            ["patience"] = TestLimits.Step.TotalMilliseconds,
            ["options"] = options ?? [],
        }.ToString(Formatting.None));
        (await many.NextAsync()).Value<string>("on").Should().Be("connected");
        return many;
    }

    /// <summary>Ends the writing; gives what the clients say when each has what the others of its conversation have.</summary>
    public async Task<JObject> EndAsync()
    {
        await _process.WriteLineAsync("");
        return await NextAsync();
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private async Task<JObject> NextAsync()
    {
        try
        {
            return JObject.Parse(await _process.Lines.ReadAsync().AsTask().WaitAsync(TestLimits.Slow));
        }
        catch (Exception exception) when (exception is TimeoutException or System.Threading.Channels.ChannelClosedException)
        {
            throw new InvalidOperationException($"The clients say nothing. {_process.Errors}", exception);
        }
    }
}
