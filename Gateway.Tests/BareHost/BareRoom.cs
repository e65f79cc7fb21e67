using System.Globalization;
using System.Text;

namespace Gateway.Tests.BareHost;

/// <summary>Those who are shown what one of them does: one packet, made once, sent to each. Any thread.</summary>
internal sealed class BareRoom
{
    private readonly Lock _lock = new();
    private readonly List<BareSocket> _sockets = [];
    private int _next;

    public void Join(BareSocket socket)
    {
        lock (_lock)
        {
            _sockets.Add(socket);
        }
    }

    public void Leave(BareSocket socket)
    {
        lock (_lock)
        {
            _sockets.Remove(socket);
        }
    }

    /// <summary>Shows an action, <c>42["oh_user_action",{…}]</c>, as V0's event of it. Nothing is stored.</summary>
    public async Task ShowAsync(ReadOnlyMemory<byte> action)
    {
        var packet = EventOf(action.Span);
        BareSocket[] sockets;
        lock (_lock)
        {
            sockets = [.. _sockets];
        }

        foreach (var socket in sockets)
        {
            var sending = socket.SendAsync(packet);
            if (!sending.IsCompleted)
            {
                await sending;
            }
        }
    }

    private byte[] EventOf(ReadOnlySpan<byte> action)
    {
        var members = action[(action.IndexOf((byte)'{') + 1)..];
        var content = members[(members.IndexOf("\"content\":\""u8) + 11)..];
        content = content[..content.IndexOf((byte)'"')];
        var start = string.Create(
            CultureInfo.InvariantCulture,
            $$"""42["oh_event",{"id":{{Interlocked.Increment(ref _next) - 1}},"timestamp":"2025-01-01T00:00:00.000000","source":"user","message":" """)
            .TrimEnd();
        return [.. Encoding.ASCII.GetBytes(start), .. content, .. "\","u8, .. members];
    }
}
