using Gateway.Tests.Support;

namespace Gateway.Tests.Wire.Clients;

/// <summary>
/// A client that comes back with the last id it saw, and remembers the ids of all its connections. The address is asked for at each
/// connect, because a server that was killed comes back on another port. One call at a time.
/// </summary>
internal sealed class ReturningClient(Func<Uri> address, string conversation, ICuttableClient client) : IAsyncDisposable
{
    private readonly List<int> _seen = [];
    private bool _isConnected;

    /// <summary>Every id in the order in which it came, over all connections.</summary>
    public IReadOnlyList<int> Seen => _seen;

    public Task EmitAsync(string text) => client.EmitAsync(Actions.Message(text));

    /// <summary>Cuts the connection when there is one, connects when there is none.</summary>
    public async Task ToggleAsync()
    {
        if (_isConnected)
        {
            await client.CutAsync();
            Drain();
        }
        else
        {
            await client.ConnectAsync(new Visit(address(), conversation, _seen is [.., var last] ? last : -1));
        }

        _isConnected = !_isConnected;
    }

    /// <summary>Reads until it has seen so many events in all, connecting first where it must.</summary>
    public async Task ReadToAsync(int count)
    {
        if (!_isConnected)
        {
            await ToggleAsync();
        }

        while (_seen.Count < count)
        {
            Note(await client.Seen.ReadAsync().AsTask().WaitAsync(TestLimits.Step));
        }

        Drain();
    }

    /// <summary>Reads what comes until the connection has ended: a server that is killed tells nobody how far it came.</summary>
    public async Task ReadUntilLostAsync()
    {
        while (_isConnected)
        {
            var seen = await client.Seen.ReadAsync().AsTask().WaitAsync(TestLimits.Step);
            Note(seen);
            _isConnected = seen.On != "disconnect";
        }
    }

    public ValueTask DisposeAsync() => client.DisposeAsync();

    private void Drain()
    {
        while (client.Seen.TryRead(out var seen))
        {
            Note(seen);
        }
    }

    private void Note(Observation seen)
    {
        if (seen.On == "event" && WireClientReading.IdOf(seen.Value) is { } id)
        {
            _seen.Add(id);
        }
    }
}
