using Gateway.Agents.V1;
using Gateway.Agents.V1.Translation;
using Gateway.Primitives.Json;
using Gateway.Tests.Agents.V1.Translation;
using Gateway.Tests.Support;

using Microsoft.Extensions.Logging;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1;

/// <summary>What a newer server says that this version does not know: counted, named once, and no value told.</summary>
public sealed class KindCounterTests : IDisposable
{
    private readonly V1Event _v1 = new();
    private readonly TestMeterFactory _meters = new();
    private readonly CountedMeasurements _counted;
    private readonly Lines _log = new();
    private readonly KindCounter _kinds;

    public KindCounterTests()
    {
        _counted = new CountedMeasurements(_meters);
        _kinds = new KindCounter(new V1Metrics(_meters), _log);
    }

    public void Dispose()
    {
        _counted.Dispose();
        _meters.Dispose();
    }

    [Fact]
    public void Count_UnknownEvent_IsNamedOnceWithItsShape()
    {
        for (var i = 0; i < 3; i++)
        {
            _kinds.Count(_v1.New("DreamEvent", "agent", """
                "depth":3,"token":"sk-secret","who":{"name":"Ada","sheep":[{"colour":"black","sk-secret":1}]},"empty":[],"none":null
                """));
        }

        _counted["gateway.v1.kinds.unknown event"].Should().Be(3);
        _counted["gateway.v1.frames.dropped unknown"].Should().Be(3);
        var line = _log.Messages.Should().ContainSingle().Subject;
        line.Should().Contain("DreamEvent").And.Contain(
            "{id: string, timestamp: string, source: string, depth: number, token: string, who: {name: string, "
            + "sheep: [{colour: string, ?: number}]}, empty: [], none: null, kind: string}");
        line.Should().NotContain("sk-secret").And.NotContain("Ada");
    }

    [Fact]
    public void Count_UnknownToolAndKey_AreNamedAndCountedApart()
    {
        _kinds.Count(_v1.Action("DreamAction", "\"command\":\"rm\"", tool: "dream"));
        _kinds.Count(_v1.Observation("DreamObservation", tool: "dream"));
        _kinds.Count(_v1.Update("mood", "\"good\""));

        _counted["gateway.v1.kinds.unknown action"].Should().Be(1);
        _counted["gateway.v1.kinds.unknown observation"].Should().Be(1);
        _counted["gateway.v1.kinds.unknown state"].Should().Be(1);
        _log.Messages.Should().HaveCount(3);
        _log.Messages[0].Should().Contain("action DreamAction of the tool dream").And.Contain("{command: string, kind: string}");
        _log.Messages[2].Should().Contain("mood").And.NotContain("good");
    }

    [Theory]
    [InlineData("HookExecutionEvent")]
    [InlineData("TokenEvent")]
    public void Count_KindThatIsKnowinglyNotShown_IsCountedByItsNameAndNotNamed(string kind)
    {
        _kinds.Count(_v1.New(kind, "hook"));
        _kinds.Count(_v1.Update("tags", "{}"));

        _counted[$"gateway.v1.frames.dropped {kind}"].Should().Be(1);
        _counted["gateway.v1.frames.dropped tags"].Should().Be(1);
        _log.Messages.Should().BeEmpty();
    }

    [Fact]
    public void Count_KindThatIsShown_IsNothing()
    {
        _kinds.Count(_v1.Message("user", "Hi"));
        _kinds.Count(_v1.Action("TerminalAction"));
        _kinds.Count(_v1.Status("running"));

        _counted["gateway.v1.frames.dropped unknown"].Should().Be(0);
        _log.Messages.Should().BeEmpty();
    }

    [Fact]
    public void Count_MoreUnknownKindsThanAnyServerHas_AreCountedAndNotNamed()
    {
        for (var i = 0; i < KindCounter.MaxNamed + 50; i++)
        {
            _kinds.Count(_v1.New($"Dream{i}Event", "agent"));
        }

        _counted["gateway.v1.kinds.unknown event"].Should().Be(KindCounter.MaxNamed + 50);
        _log.Messages.Should().HaveCount(KindCounter.MaxNamed);
    }

    [Fact]
    public void Snapshot_OfWhatWasCounted_HasCountsAndASample()
    {
        _kinds.Count(new JObject { ["id"] = "first", ["kind"] = "DreamEvent" });
        _kinds.Count(new JObject { ["id"] = "second", ["kind"] = "DreamEvent" });
        _kinds.Count(_v1.New("HookExecutionEvent", "hook"));

        _kinds.Snapshot().Select(static kind => (kind.Group, kind.Name, kind.IsKnown, kind.Count))
            .Should().BeEquivalentTo([("event", "DreamEvent", false, 2L), ("event", "HookExecutionEvent", true, 1L)]);
        _kinds.Snapshot()[0].SampleId.Should().Be("second");
    }

    [Theory]
    [InlineData("a kind\nof two lines")]
    [InlineData("sk-12345")]
    [InlineData("")]
    public void Count_KindThatIsNoName_IsNotRepeated(string kind)
    {
        _kinds.Count(new JObject { ["id"] = "e", ["kind"] = kind });

        _log.Messages.Should().ContainSingle().Which.Should().Contain("kind ?,").And.NotContain("sk-");
    }

    [Fact]
    public void Shape_OfAnythingLargeAndDeep_IsShort()
    {
        var deep = new JObject();
        for (var i = 0; i < 200; i++)
        {
            deep = new JObject(Enumerable.Range(0, 100).Select(n => new JProperty($"name{n}", n == 0 ? deep : (JToken)n)));
        }

        JsonOutline.Of(deep).Length.Should().BeLessThan(1_200);
    }

    private sealed class Lines : ILogger
    {
        public List<string> Messages { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) => Messages.Add(formatter(state, exception));
    }
}
