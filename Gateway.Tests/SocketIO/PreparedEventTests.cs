using System.Runtime.InteropServices;
using System.Text;

using Gateway.SocketIO;

namespace Gateway.Tests.SocketIO;

public sealed class PreparedEventTests
{
    [Fact]
    public void Create_OneArgument_IsAnEventOfTheMainNamespace() =>
        Text(PreparedEvents.Create("oh_event", "{\"id\":1}"u8)).Should().Be("2[\"oh_event\",{\"id\":1}]");

    [Fact]
    public void Build_PiecesOfOneArgument_AreSpliced()
    {
        var batch = new PreparedEventBatch("oh_event");
        batch.Add("{\"id\":1}"u8);
        batch.Add("{\"id\":2,"u8, "\"source\":\"agent\""u8, "}"u8);

        var events = batch.Build();

        events.ToArray().Select(Text).Should().Equal(
            "2[\"oh_event\",{\"id\":1}]", "2[\"oh_event\",{\"id\":2,\"source\":\"agent\"}]");
    }

    [Fact]
    public void Build_ManyEvents_ShareOneExactArray()
    {
        var batch = new PreparedEventBatch("e");
        for (var i = 0; i < 1_000; i++)
        {
            batch.Add(Encoding.UTF8.GetBytes(new string('7', i + 1)));
        }

        var length = batch.Length;
        var events = batch.Build().ToArray();

        var segments = events.Select(static prepared => Segment(prepared.Packet)).ToArray();
        segments.Should().OnlyContain(segment => segment.Array == segments[0].Array);
        segments[0].Array.Should().HaveCount(length);
        events.Select(Text).Last().Should().Be($"2[\"e\",{new string('7', 1_000)}]");
    }

    [Fact]
    public void Build_UsedAgain_LeavesEarlierEventsAlone()
    {
        var batch = new PreparedEventBatch("e");
        batch.Add("1"u8);
        var first = batch.Build();
        batch.Count.Should().Be(0);
        batch.Add("2"u8);
        batch.Add("3"u8);

        var second = batch.Build();

        first.ToArray().Select(Text).Should().Equal("2[\"e\",1]");
        second.ToArray().Select(Text).Should().Equal("2[\"e\",2]", "2[\"e\",3]");
    }

    [Fact]
    public void Build_WarmBatch_AllocatesTwoArrays()
    {
        var batch = new PreparedEventBatch("oh_event");
        Fill(batch);
        batch.Build();
        var before = GC.GetAllocatedBytesForCurrentThread();

        Fill(batch);
        var events = batch.Build();

        var arrays = (100 * (long)events.Span[0].Packet.Length) + (100 * 16) + (2 * 32);
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThanOrEqualTo(arrays);
    }

    private static void Fill(PreparedEventBatch batch)
    {
        for (var i = 0; i < 100; i++)
        {
            batch.Add("{\"id\":12345}"u8);
        }
    }

    private static ArraySegment<byte> Segment(ReadOnlyMemory<byte> memory)
    {
        MemoryMarshal.TryGetArray(memory, out var segment).Should().BeTrue();
        return segment;
    }

    private static string Text(PreparedEvent prepared) => Encoding.UTF8.GetString(prepared.Packet.Span);
}
