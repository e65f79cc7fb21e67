using BenchmarkDotNet.Attributes;

using Gateway.EngineIO.Protocol;

namespace Gateway.Tests.Benchmarks.Micro;

/// <summary>WebSocket frames: unmasking what a client sends, and one encoded event for many clients.</summary>
public class FrameBenchmarks
{
    private const uint Mask = 0x3d21fa37;
    private const int Clients = 100;

    private readonly byte[] _data = new byte[2_000];
    private readonly byte[] _block = new byte[4_096];

    [Benchmark(Description = "unmask 2,000 bytes")]
    public void Unmask() => WebSocketFrameCodec.Unmask(_data, Mask, 0);

    [Benchmark(Description = "  byte by byte")]
    public void UnmaskBytes()
    {
        for (var i = 0; i < _data.Length; i++)
        {
            _data[i] ^= (byte)(Mask >> (8 * (i & 3)));
        }
    }

    [Benchmark(Description = "one event as frames for 100 clients")]
    public int WriteEncoded()
    {
        var packet = EnginePacket.Text(Samples.Event);
        var length = 0;
        for (var n = 0; n < Clients; n++)
        {
            length += WebSocketFrameCodec.WritePacket(_block, packet);
        }

        return length;
    }

    [Benchmark(Description = "  encoded for each")]
    public int WriteAnew()
    {
        var length = 0;
        for (var n = 0; n < Clients; n++)
        {
            var packet = EnginePacket.Text(SocketIO.PreparedEvents.Create("oh_event", Samples.Event).Packet);
            length += WebSocketFrameCodec.WritePacket(_block, packet);
        }

        return length;
    }
}
