using Gateway.Agents.V1;
using Gateway.Agents.V1.Upstream;
using Gateway.Primitives.Json;
using Gateway.Tests.Support;

using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1.Upstream;

/// <summary>The numbered socket's frames, as recorded and as they should never come, on a clock that the test moves.</summary>
public sealed class SessionFeedTests
{
    private const string Id = "9beb4ee242904df397a2f840ccb976b4";

    private static readonly TimeSpan s_gapTimeout = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData("v1/history-rest")]
    [InlineData("v1/two-subscribers")]
    [InlineData("v1/bad-frames")]
    [InlineData("v1/key")]
    public async Task AddAsync_RecordedFrames_GiveTheLogInItsOrder(string name)
    {
        var recording = V1Recording.Load(name);
        using var rig = new Rig(new Uri("http://127.0.0.1:1"));

        foreach (var frame in recording.Frames("/sockets/session/"))
        {
            await rig.AddAsync(frame);
        }

        rig.Sink.Ids.Should().Equal(recording.Log.Select(static e => e.Text("id")));
        rig.Feed.IsSettled.Should().BeTrue();
        rig.Feed.IsCaughtUp.Should().BeTrue();
    }

    [Fact]
    public async Task AdvanceAsync_HoleOpenForFiveSeconds_IsReadFromTheLog()
    {
        await using var server = await new StandInV1Server(Log(), Id).StartAsync();
        server.Show();
        using var rig = new Rig(new Uri(server.BaseUrl));
        await rig.AddAsync("""{"type":"sync","from_seq":-1,"through_seq":2}""");
        await rig.AddAsync(Durable(0));
        await rig.AddAsync(Durable(2));

        rig.Clock.Advance(s_gapTimeout - TimeSpan.FromMilliseconds(1));
        await rig.Feed.AdvanceAsync(CancellationToken.None);
        var early = rig.Sink.Ids.ToList();
        var due = rig.Feed.DueAfter;
        rig.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await rig.Feed.AdvanceAsync(CancellationToken.None).AsTask().WaitAsync(TestLimits.Step);

        early.Should().Equal("e0");
        due.Should().Be(TimeSpan.FromMilliseconds(1));
        rig.Sink.Ids.Should().Equal("e0", "e1", "e2");
        rig.Feed.DueAfter.Should().BeNull();
        rig.Counted["gateway.v1.gaps.filled"].Should().Be(1);
    }

    [Fact]
    public async Task AdvanceAsync_HoleThatCloses_IsNotAskedFor()
    {
        using var rig = new Rig(new Uri("http://127.0.0.1:1"));
        await rig.AddAsync(Durable(1));
        rig.Clock.Advance(s_gapTimeout / 2);

        await rig.AddAsync(Durable(0));

        rig.Sink.Ids.Should().Equal("e0", "e1");
        rig.Feed.DueAfter.Should().BeNull();
        rig.Counted["gateway.v1.gaps.filled"].Should().Be(0);
    }

    [Fact]
    public async Task AdvanceAsync_ServerThatCannotTell_IsAskedAgainATimeoutLater()
    {
        using var rig = new Rig(new Uri("http://127.0.0.1:1"));
        await rig.AddAsync(Durable(1));

        for (var i = 0; i < 3; i++)
        {
            rig.Clock.Advance(s_gapTimeout);
            await rig.Feed.AdvanceAsync(CancellationToken.None).AsTask().WaitAsync(TestLimits.Step);
            await rig.Feed.AdvanceAsync(CancellationToken.None).AsTask().WaitAsync(TestLimits.Step);
        }

        rig.Counted["gateway.v1.gaps.filled"].Should().Be(3);
        rig.Sink.Ids.Should().BeEmpty();
        await rig.AddAsync(Durable(0));
        rig.Sink.Ids.Should().Equal("e0", "e1");
    }

    /// <summary>The server announces an event that it then cannot read: nothing follows that would show a hole.</summary>
    [Fact]
    public async Task AdvanceAsync_AnnouncedEventThatNeverComes_IsGivenUpWhenTheLogHasNotGotIt()
    {
        await using var server = await new StandInV1Server(Log(), Id).StartAsync();
        server.Show();
        using var rig = new Rig(new Uri(server.BaseUrl));
        await rig.AddAsync("""{"type":"sync","from_seq":-1,"through_seq":3}""");
        for (var i = 0; i < 3; i++)
        {
            rig.Clock.Advance(s_gapTimeout - TimeSpan.FromMilliseconds(1));
            await rig.AddAsync(Durable(i));
        }

        rig.Counted["gateway.v1.gaps.filled"].Should().Be(0, "what comes is no hole");
        rig.Feed.IsCaughtUp.Should().BeFalse();
        rig.Clock.Advance(s_gapTimeout);
        await rig.Feed.AdvanceAsync(CancellationToken.None).AsTask().WaitAsync(TestLimits.Step);

        rig.Feed.IsCaughtUp.Should().BeTrue();
        rig.Feed.DueAfter.Should().BeNull();
        rig.Counted["gateway.v1.frames.dropped never_stored"].Should().Be(1);
    }

    /// <summary>An event that the server can read in no way: what follows it waits for two tries, and no more.</summary>
    [Fact]
    public async Task AdvanceAsync_HoleThatTheServerCannotReadItself_IsPassedOver()
    {
        await using var server = await new StandInV1Server(Log(), Id).StartAsync();
        server.Show();
        server.Rest.Instead = static async context =>
        {
            await StandInAnswer.WriteAsync(context, 500, new JObject { ["detail"] = "Internal Server Error" });
            return true;
        };
        using var rig = new Rig(new Uri(server.BaseUrl));
        await rig.AddAsync(Durable(0));
        await rig.AddAsync(Durable(2));

        rig.Clock.Advance(s_gapTimeout);
        await rig.Feed.AdvanceAsync(CancellationToken.None).AsTask().WaitAsync(TestLimits.Step);
        var held = rig.Sink.Ids.ToList();
        rig.Clock.Advance(s_gapTimeout);
        await rig.Feed.AdvanceAsync(CancellationToken.None).AsTask().WaitAsync(TestLimits.Step);

        held.Should().Equal("e0");
        rig.Sink.Ids.Should().Equal("e0", "", "e2");
        rig.Feed.IsSettled.Should().BeTrue();
        rig.Counted["gateway.v1.frames.dropped never_stored"].Should().Be(1);
    }

    /// <summary>By REST the event is left out, as if it had never been: the others are taken, and the number is given up.</summary>
    [Fact]
    public async Task AdvanceAsync_HoleThatTheLogHasNot_IsGivenUp()
    {
        var log = Log().ToList();
        log.RemoveAt(1);
        await using var server = await new StandInV1Server(log, Id).StartAsync();
        server.Show();
        using var rig = new Rig(new Uri(server.BaseUrl));
        await rig.AddAsync(Durable(0));
        await rig.AddAsync(Durable(2));

        rig.Clock.Advance(s_gapTimeout);
        await rig.Feed.AdvanceAsync(CancellationToken.None).AsTask().WaitAsync(TestLimits.Step);

        rig.Sink.Ids.Distinct().Should().Equal("e0", "e2");
        rig.Feed.IsSettled.Should().BeTrue();
        rig.Counted["gateway.v1.frames.dropped never_stored"].Should().Be(1);
    }

    /// <summary>Sent before it was stored: shown from its place as soon as the server has it, also while what follows waits.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AddAsync_EventWithoutANumber_IsReadFromTheLogOnceItIsStored(bool isFollowed)
    {
        await using var server = await new StandInV1Server(Log(), Id).StartAsync();
        server.Show(1);
        using var rig = new Rig(new Uri(server.BaseUrl));
        await rig.AddAsync(Durable(0));
        await rig.AddAsync("""{"type":"transient","event":{"id":"e1"}}""");
        rig.Clock.Advance(rig.Feed.DueAfter!.Value);
        await rig.Feed.AdvanceAsync(CancellationToken.None).AsTask().WaitAsync(TestLimits.Step);
        var early = rig.Sink.Ids.ToList();
        server.Show();
        if (isFollowed)
        {
            await rig.AddAsync(Durable(2));
        }

        rig.Clock.Advance(rig.Feed.DueAfter!.Value);
        await rig.Feed.AdvanceAsync(CancellationToken.None).AsTask().WaitAsync(TestLimits.Step);
        await rig.AddAsync(Durable(1));
        await rig.AddAsync(Durable(2));

        early.Should().Equal("e0");
        rig.Sink.Ids.Should().Equal("e0", "e1", "e2");
        rig.Clock.GetElapsedTime(rig.Began).Should().BeLessThan(s_gapTimeout / 2);
        rig.Feed.IsSettled.Should().BeTrue();
        rig.Feed.DueAfter.Should().BeNull();
    }

    [Fact]
    public async Task AddAsync_EventWithoutANumberThatIsNeverStored_IsGivenUp()
    {
        await using var server = await new StandInV1Server(Log(), Id).StartAsync();
        server.Show(1);
        using var rig = new Rig(new Uri(server.BaseUrl));
        await rig.AddAsync(Durable(0));
        await rig.AddAsync("""{"type":"transient","event":{"id":"never"}}""");

        var asked = 0;
        for (; rig.Feed.DueAfter is { } due; asked++)
        {
            rig.Clock.Advance(due);
            await rig.Feed.AdvanceAsync(CancellationToken.None).AsTask().WaitAsync(TestLimits.Step);
        }

        asked.Should().BeInRange(2, 10);
        rig.Sink.Ids.Should().Equal("e0");
        rig.Feed.IsSettled.Should().BeTrue();
        rig.Counted["gateway.v1.frames.dropped never_stored"].Should().Be(1);
    }

    [Fact]
    public async Task Missed_LastFrameOfTheLog_IsReadFromTheLog()
    {
        await using var server = await new StandInV1Server(Log(), Id).StartAsync();
        server.Show();
        using var rig = new Rig(new Uri(server.BaseUrl));
        await rig.AddAsync(Durable(0));

        rig.Feed.Missed();
        await rig.Feed.AdvanceAsync(CancellationToken.None);
        rig.Clock.Advance(s_gapTimeout);
        await rig.Feed.AdvanceAsync(CancellationToken.None).AsTask().WaitAsync(TestLimits.Step);

        rig.Sink.Ids.Should().Equal("e0", "e1", "e2");
        rig.Feed.IsSettled.Should().BeTrue();
    }

    [Theory]
    [InlineData("{", "gateway.v1.frames.dropped not_json")]
    [InlineData("[]", "gateway.v1.frames.dropped not_json")]
    [InlineData("""{"type":"later"}""", "gateway.v1.frames.dropped unknown")]
    [InlineData("""{"type":"durable","seq":"1","event":{}}""", "gateway.v1.frames.dropped unknown")]
    [InlineData("""{"type":"item_started","item_id":"i"}""", "gateway.v1.deltas.received")]
    [InlineData("""{"type":"delta","content":"a"}""", "gateway.v1.deltas.received")]
    [InlineData("""{"type":"item_aborted","item_id":"i"}""", "gateway.v1.deltas.received")]
    public async Task AddAsync_WhatIsNotShown_IsCounted(string frame, string counter)
    {
        using var rig = new Rig(new Uri("http://127.0.0.1:1"));

        await rig.AddAsync(frame);

        rig.Counted[counter].Should().Be(1);
        rig.Sink.Ids.Should().BeEmpty();
    }

    private static IEnumerable<JObject> Log() => Enumerable.Range(0, 3).Select(static number => new JObject { ["id"] = $"e{number}" });

    private static string Durable(int number) => $$$"""{"type":"durable","seq":{{{number}}},"event":{"id":"e{{{number}}}"}}""";

    /// <summary>A feed, and what it needs.</summary>
    private sealed class Rig : IDisposable
    {
        private readonly TestMeterFactory _meters = new();
        private readonly V1RestClient _rest;

        public Rig(Uri server)
        {
            _rest = new V1RestClient(Options.Create(new V1Options()), TimeProvider.System, new V1Metrics(_meters));
            Counted = new CountedMeasurements(_meters);
            Began = Clock.GetTimestamp();
            var services = new V1Context(Clock, new V1Metrics(_meters), NullLogger.Instance);
            var endpoint = V1Endpoint.Create(server.AbsoluteUri, null);
            Feed = new SessionFeed(
                Guid.Parse(Id), Sink, new LogReader(_rest, endpoint, Guid.Parse(Id), Sink), endpoint, services, s_gapTimeout);
        }

        public FakeTimeProvider Clock { get; } = new();

        public long Began { get; }

        public CountedMeasurements Counted { get; }

        public RecordingSink Sink { get; } = new();

        public SessionFeed Feed { get; }

        public async Task AddAsync(string frame)
        {
            await Feed.AddAsync(frame, CancellationToken.None);
            await Feed.AdvanceAsync(CancellationToken.None).AsTask().WaitAsync(TestLimits.Step);
        }

        public void Dispose()
        {
            _rest.Dispose();
            Counted.Dispose();
            _meters.Dispose();
        }
    }
}
