using System.Text;
using System.Text.Json;

using BenchmarkDotNet.Attributes;

using Gateway.Conversations.Events;
using Gateway.SocketIO;
using Gateway.SocketIO.Protocol;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Benchmarks.Micro;

/// <summary>Events: looked at in a replay, spliced into packets, and the packets that clients send.</summary>
public class EventBenchmarks
{
    private const int PageEvents = 100;

    [Benchmark(Description = "look at a stored event")]
    public int Scan()
    {
        _ = EventScanner.Scan(Samples.Event, out _, out var id);
        return id;
    }

    [Benchmark(Description = "  with JsonDocument")]
    public int Parse()
    {
        using var document = JsonDocument.Parse(Samples.Event);
        return document.RootElement.GetProperty("id").GetInt32();
    }

    [Benchmark(Description = "100 stored events as packets")]
    public int Splice()
    {
        var batch = new PreparedEventBatch("oh_event");
        for (var n = 0; n < PageEvents; n++)
        {
            batch.Add(Samples.Event);
        }

        return batch.Build().Length;
    }

    [Benchmark(Description = "  each in an array of its own")]
    public int SpliceOneByOne()
    {
        var events = new List<PreparedEvent>();
        for (var n = 0; n < PageEvents; n++)
        {
            events.Add(PreparedEvents.Create("oh_event", Samples.Event));
        }

        return events.Count;
    }

    [Benchmark(Description = "  parsed and written again")]
    public int WriteAgain()
    {
        var length = 0;
        for (var n = 0; n < PageEvents; n++)
        {
            var json = JObject.Parse(Encoding.UTF8.GetString(Samples.Event));
            length += Encoding.UTF8.GetBytes($"2[\"oh_event\",{json.ToString(Formatting.None)}]").Length;
        }

        return length;
    }

    [Benchmark(Description = "decode a client's packet")]
    public string? Decode()
    {
        _ = SocketPacketCodec.TryDecode(Samples.Packet, maxAttachments: 10, out var packet);
        return packet.Namespace;
    }

    [Benchmark(Description = "  with JArray")]
    public int DecodeParsed() => JArray.Parse(Encoding.UTF8.GetString(Samples.Packet.AsSpan(1))).Count;
}
