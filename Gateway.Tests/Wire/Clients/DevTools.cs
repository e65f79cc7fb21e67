using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;

using Gateway.Tests.Support;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.Clients;

/// <summary>
/// One connection of Chromium's DevTools protocol: calls with answers, and events to <paramref name="onEvent"/>, which runs on
/// the reading loop. Any thread may call.
/// </summary>
internal sealed class DevTools(Action<string, JObject> onEvent) : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly SemaphoreSlim _sending = new(1);
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JObject>> _calls = new();
    private Task _reading = Task.CompletedTask;
    private int _lastCall;

    public async Task ConnectAsync(Uri address)
    {
        await _socket.ConnectAsync(address, CancellationToken.None).WaitAsync(TestLimits.Step);
        _reading = ReadAsync();
    }

    public async Task<JObject> CallAsync(string method, JObject parameters, string? session = null)
    {
        var id = Interlocked.Increment(ref _lastCall);
        var answer = _calls.GetOrAdd(id, static _ => new TaskCompletionSource<JObject>(TaskCreationOptions.RunContinuationsAsynchronously));
        var call = new JObject { ["id"] = id, ["method"] = method, ["params"] = parameters };
        if (session is not null)
        {
            call["sessionId"] = session;
        }

        await _sending.WaitAsync().WaitAsync(TestLimits.Step);
        try
        {
            var bytes = Encoding.UTF8.GetBytes(call.ToString(Formatting.None));
            await _socket
                .SendAsync(bytes, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None)
                .WaitAsync(TestLimits.Step);
        }
        finally
        {
            _sending.Release();
        }

        var result = await answer.Task.WaitAsync(TestLimits.Step);
        result.Should().NotContainKey("error", "{0} is a call that Chromium knows", method);
        return (JObject?)result["result"] ?? [];
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _reading.WaitAsync(TestLimits.Step);
        _socket.Dispose();
        _sending.Dispose();
    }

    // Calls that are under way when Chromium, or the test, has ended the connection end by their own limit.
    private async Task ReadAsync()
    {
        while (await _socket.ReadMessageAsync() is { } message)
        {
            Handle((JObject)WireJson.Parse(message));
        }
    }

    private void Handle(JObject message)
    {
        if (message.Value<int?>("id") is { } id)
        {
            if (_calls.TryRemove(id, out var call))
            {
                call.SetResult(message);
            }
        }
        else
        {
            onEvent(message.Value<string>("method") ?? "", (JObject?)message["params"] ?? []);
        }
    }
}
