using System.Collections.Concurrent;
using System.Net.WebSockets;

using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.Clients;

/// <summary>What the clients of a fleet have lived through. Any thread.</summary>
internal sealed class FleetHistory
{
    /// <summary>A client was in a conversation at a node, from when it began to connect.</summary>
    public ConcurrentQueue<(string Conversation, string Node, DateTimeOffset From, DateTimeOffset To)> Stays { get; } = [];

    /// <summary>From a connection's loss, that was not the client's own doing, to the next one's answer.</summary>
    public ConcurrentQueue<TimeSpan> Reconnects { get; } = [];

    /// <summary>CONNECTs that were refused.</summary>
    public ConcurrentQueue<string> Refusals { get; } = [];
}

/// <summary>
/// A client of some gateways behind a balancer: where its connection is lost it comes back, to whichever node it is given. One caller at a
/// time.
/// </summary>
internal sealed class FleetClient(NodeFleet fleet, FleetHistory history, Random random, Action<JObject> onEvent) : IAsyncDisposable
{
    private HandWrittenClient? _client;
    private (string Conversation, string Node, DateTimeOffset From) _stay;
    private DateTimeOffset? _lost;

    public bool IsConnected => _client is not null;

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    /// <summary>Connects, as often as it takes.</summary>
    public async Task ConnectAsync(string conversation, Func<int> latestEventId)
    {
        await CutAsync();
        while (!await TryConnectAsync(conversation, latestEventId()))
        {
            // Clients wait a moment before they come again, and not all the same.
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(20, 150)));
        }

        if (_lost is { } lost)
        {
            history.Reconnects.Enqueue(Now - lost);
            _lost = null;
        }
    }

    /// <summary>What comes next; null once the connection is lost, or when the token ends the wait.</summary>
    public async Task<Observation?> NextAsync(CancellationToken cancellationToken)
    {
        if (_client is not { } client)
        {
            return null;
        }

        try
        {
            var seen = await client.Seen.ReadAsync(cancellationToken);
            Note(seen);
            if (seen.On != "disconnect")
            {
                return seen;
            }

            _lost ??= Now;
            await CutAsync();
        }
        catch (OperationCanceledException)
        {
            // Nothing has come.
        }

        return null;
    }

    /// <summary>False: the connection was lost.</summary>
    public async Task<bool> TryEmitAsync(string text)
    {
        try
        {
            await (_client?.EmitAsync(Actions.Message(text), wantsAck: true) ?? Task.CompletedTask);
            return _client is not null;
        }
        catch (Exception exception) when (IsOfTheConnection(exception))
        {
            return false;
        }
    }

    /// <summary>Breaks the connection; what came before is told.</summary>
    public async Task CutAsync()
    {
        if (_client is { } client)
        {
            _client = null;
            await client.DisposeAsync();
            await foreach (var seen in client.Seen.ReadAllAsync())
            {
                Note(seen);
            }

            history.Stays.Enqueue((_stay.Conversation, _stay.Node, _stay.From, Now));
        }
    }

    public async ValueTask DisposeAsync() => await CutAsync();

    private static bool IsOfTheConnection(Exception exception) => exception is WebSocketException or HttpRequestException or IOException
        or TimeoutException or InvalidOperationException or OperationCanceledException;

    private async Task<bool> TryConnectAsync(string conversation, int latestEventId)
    {
        var node = await fleet.PickAsync(random);
        _stay = (conversation, node.Name, Now);
        var client = new HandWrittenClient([]);
        try
        {
            await client.ConnectAsync(new Visit(node.Process.Address, conversation, latestEventId));
            while (true)
            {
                var seen = await client.Seen.ReadAsync().AsTask().WaitAsync(TestLimits.Step);
                Note(seen);
                switch (seen.On)
                {
                    case "connect":
                        _client = client;
                        return true;
                    case "refused":
                        history.Refusals.Enqueue(seen.Value.ToString());
                        await client.DisposeAsync();
                        return false;
                    case "disconnect":
                        await client.DisposeAsync();
                        return false;
                }
            }
        }
        catch (Exception exception) when (IsOfTheConnection(exception))
        {
            await client.DisposeAsync();
            return false;
        }
    }

    private void Note(Observation seen)
    {
        if (seen.On == "event" && seen.Value is JObject json && WireClientReading.IdOf(json) is not null)
        {
            onEvent(json);
        }
    }
}
