using System.Diagnostics;
using System.Net.Sockets;

namespace Gateway.Tests.Support;

/// <summary>
/// A link to a server that is not instant: it gives each connection so many bytes a second of what the server sends, and everything of what
/// the client sends at once. Its buffers are small, so that the server soon notices.
/// </summary>
internal static class SlowLink
{
    private const int BufferSize = 64 * 1_024;

    public static TcpLink Start(int targetPort, double bytesPerSecond) => TcpLink.Start(
        "127.0.0.1",
        targetPort,
        down: (source, target, cancellationToken) => CopyAsync(source, target, bytesPerSecond, cancellationToken),
        bufferSize: BufferSize);

    // The one place that lets time pass: a link's speed is time.
    private static async Task CopyAsync(
        NetworkStream source, NetworkStream target, double bytesPerSecond, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferSize];
        var clock = Stopwatch.StartNew();
        double free = 0;
        while (await source.ReadAsync(buffer, cancellationToken) is > 0 and var count)
        {
            // When the link is free again after these bytes; an idle link saves nothing up.
            free = Math.Max(free, clock.Elapsed.TotalSeconds) + (count / bytesPerSecond);
            await target.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            if (TimeSpan.FromSeconds(free) - clock.Elapsed is { Ticks: > 0 } wait)
            {
                await Task.Delay(wait, cancellationToken);
            }
        }
    }
}
