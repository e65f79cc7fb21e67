using System.Text;

using Gateway.Hosting;
using Gateway.Tests.Support;

namespace Gateway.Tests.Hosting;

public sealed class OutputQueueTests
{
    private static readonly TimeSpan s_instant = TimeSpan.FromMilliseconds(50);

    [Fact]
    public void Add_OutputThatTakesAll_WritesInOrder()
    {
        using var output = new GatedStream(isOpen: true);
        var queue = Queue(output, 10_000);

        for (var i = 0; i < 100; i++)
        {
            queue.Add($"line {i} ä");
        }

        queue.Flush(TestLimits.Step).Should().BeTrue();
        output.Lines.Should().Equal(Enumerable.Range(0, 100).Select(static i => $"line {i} ä"));
    }

    [Fact]
    public void Add_OutputThatTakesNothing_DropsTheOldestAndSaysHowMany()
    {
        using var output = new GatedStream(isOpen: false);
        var queue = Queue(output, 100);
        queue.Add("first");
        output.WaitUntilStuck();

        // Ten bytes each: ten of them fit.
        for (var i = 0; i < 30; i++)
        {
            queue.Add($"line {i:0000}");
        }

        output.Open();

        queue.Flush(TestLimits.Step).Should().BeTrue();
        output.Lines.Should().Equal(["first", "20 dropped", .. Enumerable.Range(20, 10).Select(static i => $"line {i:0000}")]);
    }

    [Fact]
    public void Add_LineBeyondTheBound_IsTakenAlone()
    {
        using var output = new GatedStream(isOpen: false);
        var queue = Queue(output, 100);
        queue.Add("first");
        output.WaitUntilStuck();
        var line = new string('x', 500);

        queue.Add("second");
        queue.Add(line);
        output.Open();

        queue.Flush(TestLimits.Step).Should().BeTrue();
        output.Lines.Should().Equal("first", "1 dropped", line);
    }

    [Fact]
    public void Add_OutputThatFails_CountsWhatIsLostAndGoesOn()
    {
        using var output = new GatedStream(isOpen: true) { FailingWrites = 1 };
        var queue = Queue(output, 100);
        queue.Add("lost");
        queue.Flush(TestLimits.Step).Should().BeTrue();

        queue.Add("second");

        queue.Flush(TestLimits.Step).Should().BeTrue();
        output.Lines.Should().Equal("1 dropped", "second");
    }

    [Fact]
    public async Task Flush_SecondOneInVain_DoesNotWaitAgain()
    {
        using var output = new GatedStream(isOpen: false);
        var queue = Queue(output, 100);
        queue.Add("first");
        output.WaitUntilStuck();
        queue.Flush(s_instant).Should().BeFalse();

        // A stopping program flushes several times: it may wait for a stuck output only once.
        var second = Task.Run(() => queue.Flush(TimeSpan.FromHours(1)));

        (await second.WaitAsync(TestLimits.Step)).Should().BeFalse();
    }

    private static OutputQueue Queue(Stream output, int maxBytes) => new(output, maxBytes, static count => $"{count} dropped");

    /// <summary>A pipe: takes what is written once it is open. The queue's thread writes; the test opens and reads.</summary>
    private sealed class GatedStream(bool isOpen) : MemoryStream
    {
        private readonly ManualResetEventSlim _open = new(isOpen);
        private readonly ManualResetEventSlim _stuck = new();

        public int FailingWrites { get; set; }

        public string[] Lines => Encoding.UTF8.GetString(ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        public void Open() => _open.Set();

        public void WaitUntilStuck() => _stuck.Wait(TestLimits.Step).Should().BeTrue();

        public override void Write(byte[] buffer, int offset, int count)
        {
            _stuck.Set();
            _open.Wait(TestLimits.Step);
            if (FailingWrites-- > 0)
            {
                throw new IOException("No space left on device");
            }

            base.Write(buffer, offset, count);
        }

        protected override void Dispose(bool disposing)
        {
            _open.Set();
            base.Dispose(disposing);
        }
    }
}
