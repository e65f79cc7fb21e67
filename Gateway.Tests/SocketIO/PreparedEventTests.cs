using System.Runtime.CompilerServices;
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
    public void Build_OneEvent_HasAnExactArray()
    {
        var batch = new PreparedEventBatch("e");
        batch.Add("{\"id\":1}"u8);

        Segment(batch.Build().Span[0].Packet).Array.Should().HaveCount("2[\"e\",{\"id\":1}]".Length);
    }

    [Fact]
    public void Build_ManyEvents_StandInFewArraysNoneOfWhichIsALargeObject()
    {
        var batch = new PreparedEventBatch("e");
        var values = Enumerable.Range(1, 1_000).Select(static length => new string('7', length)).ToArray();
        foreach (var value in values)
        {
            batch.Add(Encoding.UTF8.GetBytes(value));
        }

        var events = batch.Build().ToArray();

        events.Select(Text).Should().Equal(values.Select(static value => $"2[\"e\",{value}]"));
        var arrays = events.Select(static prepared => Segment(prepared.Packet).Array!).Distinct().ToArray();
        arrays.Length.Should().BeLessThan(20);
        arrays.Should().OnlyContain(static array => array.Length <= 64 * 1_024);
        arrays.Sum(static array => array.Length).Should().BeLessThan(events.Sum(static prepared => prepared.Packet.Length) + (80 * 1_024));
    }

    [Fact]
    public void Build_LargeEvents_HaveExactArraysAndLeaveTheChunkToSmallOnes()
    {
        var large = new byte[200_000];
        large.AsSpan().Fill((byte)'7');
        var batch = new PreparedEventBatch("e");
        batch.Add("1"u8);
        batch.Add("2"u8);
        batch.Add(large);
        batch.Add("3"u8);

        var events = batch.Build().ToArray();

        events.Select(Text).Should().Equal("2[\"e\",1]", "2[\"e\",2]", $"2[\"e\",{Encoding.UTF8.GetString(large)}]", "2[\"e\",3]");
        Segment(events[2].Packet).Array.Should().HaveCount(events[2].Packet.Length);
        Segment(events[3].Packet).Array.Should().BeSameAs(Segment(events[1].Packet).Array);
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
    public void Build_WarmBatch_AllocatesChunksAndOneArrayOfEvents()
    {
        var batch = new PreparedEventBatch("oh_event");
        for (var i = 0; i < 100; i++)
        {
            Fill(batch);
            batch.Build();
        }

        var before = GC.GetAllocatedBytesForCurrentThread();

        Fill(batch);
        var events = batch.Build();

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        const long Chunk = 64 * 1_024;
        events.Length.Should().Be(100);
        allocated.Should().BeLessThanOrEqualTo(Chunk + (100 * Unsafe.SizeOf<PreparedEvent>()) + (2 * 32));
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
