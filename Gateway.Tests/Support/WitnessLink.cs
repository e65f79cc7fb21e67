using System.Collections.Concurrent;
using System.Net.Sockets;

namespace Gateway.Tests.Support;

/// <summary>A link that keeps every byte of every connection, in both directions. One test owns it. Any thread.</summary>
internal sealed class WitnessLink : IAsyncDisposable
{
    private readonly ConcurrentDictionary<NetworkStream, (MemoryStream Up, MemoryStream Down)> _seen = new();
    private readonly TcpLink _link;

    public WitnessLink(int targetPort)
    {
        _link = TcpLink.Start(
            "127.0.0.1", targetPort,
            (source, target, ct) => CopyAsync(source, target, Of(source).Up, ct),
            (source, target, ct) => CopyAsync(source, target, Of(target).Down, ct));
    }

    public Uri Address => _link.Address;

    /// <summary>What went up and what came down, of each connection; bytes as Latin-1 text.</summary>
    public IReadOnlyList<(string Up, string Down)> Connections =>
        [.. _seen.Values.Select(static pair => (TextOf(pair.Up), TextOf(pair.Down))).Where(static pair => pair.Item1.Length > 0)];

    public void Cut() => _link.Cut();

    public ValueTask DisposeAsync() => _link.DisposeAsync();

    private (MemoryStream Up, MemoryStream Down) Of(NetworkStream client) => _seen.GetOrAdd(client, static _ => (new(), new()));

    private static string TextOf(MemoryStream bytes)
    {
        lock (bytes)
        {
            return System.Text.Encoding.Latin1.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
        }
    }

    private static async Task CopyAsync(NetworkStream source, NetworkStream target, MemoryStream kept, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        while (await source.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            lock (kept)
            {
                kept.Write(buffer, 0, read);
            }

            await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }
    }
}
