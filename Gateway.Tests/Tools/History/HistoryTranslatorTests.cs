using System.Globalization;
using System.Text;

using Gateway.Agents.V1;
using Gateway.Agents.V1.Bridge;
using Gateway.Conversations.Events;
using Gateway.Primitives.Json;
using Gateway.Tests.Support;
using Gateway.Tools.History;
using Gateway.Tools.History.ToV1;

using Microsoft.Extensions.Logging.Abstractions;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Tools.History;

/// <summary>What V0 has and V1 has not, or not so; recordings have little of it.</summary>
public sealed class HistoryTranslatorTests
{
    private static readonly Guid s_id = Guid.Parse("0123456789abcdef0123456789abcdef");

    private readonly List<(int V0Id, JObject Event)> _events = [];

    [Fact]
    public void Translate_NoSystemPrompt_MakesOneAndSaysSo()
    {
        var history = Add("""{"source":"user","action":"message","args":{"content":"Hi"}}""").Translate();

        history.Events.Select(static one => one.Text("kind")).Should().Equal("SystemPromptEvent", "MessageEvent");
        Losses(history).Should().Equal(HistoryLoss.MadePrompt);
    }

    /// <summary>V1 would run the command when its agent goes on.</summary>
    [Fact]
    public void Translate_CallWithoutResult_IsClosed()
    {
        var history = Add("""{"source":"agent","action":"run","args":{"command":"rm x","thought":"Away"}}""").Translate();

        var (call, error) = (history.Events[1], history.Events[2]);
        error.Text("kind").Should().Be("AgentErrorEvent");
        error.Text("tool_call_id").Should().Be(call.Text("tool_call_id"));
        Losses(history).Should().Contain(HistoryLoss.NoResult);
    }

    [Fact]
    public void Translate_MessageBetweenCallAndResult_StandsBehindThem()
    {
        var history = Add("""{"source":"agent","action":"run","args":{"command":"ls"}}""")
            .Add("""{"source":"user","action":"message","args":{"content":"Faster"}}""")
            .Add("""{"source":"agent","cause":0,"observation":"run","content":"a","extras":{"command":"ls","metadata":{"exit_code":0}}}""")
            .Translate();

        history.Events.Select(static one => one.Text("kind")).Should()
            .Equal("SystemPromptEvent", "ActionEvent", "ObservationEvent", "MessageEvent");
        Losses(history).Should().Contain(HistoryLoss.MovedResult);
    }

    [Fact]
    public void Translate_StoppedCallWhoseResultCameAllTheSame_KeepsBoth()
    {
        var history = Add("""{"source":"agent","action":"run","args":{"command":"ls"},"tool_call_metadata":{"tool_call_id":"c"}}""")
            .Add("""{"source":"agent","cause":0,"observation":"error","content":"Stopped.","extras":{}}""")
            .Add("""{"source":"agent","cause":0,"observation":"run","content":"a","extras":{"command":"ls","metadata":{"exit_code":0}}}""")
            .Translate();

        history.Events[2].Object("observation").Text("kind").Should().Be("TerminalObservation");
        history.Events[3]["action"].Should().BeNull("nothing is to run for the second one");
        history.Events[4].Text("error").Should().Be("Stopped.");
        V0Content.Results(Back(history)).Should().BeEquivalentTo("a 0", "Stopped.");
    }

    [Theory]
    [InlineData("""{"action":"run_ipython","args":{"code":"1+1"}}""", "execute_ipython_cell_jupyter", """{"code":"1+1"}""")]
    [InlineData("""{"action":"browse_interactive","args":{"browser_actions":"click('1')"}}""", "browser", """{"code":"click('1')"}""")]
    [InlineData("""{"action":"delegate","args":{"agent":"B","thought":"x"}}""", "delegate", """{"agent":"B"}""")]
    public void Translate_ToolThatV1DoesNotHave_IsAnMcpCall(string action, string tool, string arguments)
    {
        var history = Add(action).Add("""{"cause":0,"observation":"odd","content":"out","extras":{}}""").Translate();

        var (call, result) = (history.Events[1], history.Events[2]);
        call.Text("tool_name").Should().Be(tool);
        call.Object("action")!["data"]!.ToString(Newtonsoft.Json.Formatting.None).Should().Be(arguments);
        call.Object("tool_call").Text("arguments").Should().Be(arguments);
        V0Content.Results(Back(history)).Should().Equal("out");
        RecordedV1Shapes.ShouldFit(call);
        RecordedV1Shapes.ShouldFit(result);
        Losses(history).Should().Contain(HistoryLoss.OtherTool);
    }

    [Theory]
    [InlineData("""{"action":"write","args":{"path":"/a","content":"x"}}""")]
    [InlineData("""{"action":"edit","args":{"path":"/a","command":"insert","insert_line":3,"new_str":"x"}}""")]
    [InlineData("""{"action":"edit","args":{"path":"/a","content":"x","start":1,"end":-1}}""")]
    [InlineData("""{"action":"read","args":{"path":"/a","view_range":[1,5]}}""")]
    [InlineData("""{"action":"think","args":{"thought":"Hm"}}""")]
    [InlineData("""{"action":"finish","args":{"final_thought":"Done","thought":"So"}}""")]
    [InlineData("""{"action":"task_tracking","args":{"command":"plan","task_list":[{"id":"1","title":"T","status":"done","notes":"N"}]}}""")]
    [InlineData("""{"action":"browse","args":{"url":"http://a","thought":"Look"}}""")]
    [InlineData("""{"action":"call_tool_mcp","args":{"name":"add","arguments":{"a":1,"b":{"c":null}}}}""")]
    public void Translate_EachCall_ComesBack(string action)
    {
        var history = Add(action).Translate();

        V0Content.Calls(Back(history)).Should().BeEquivalentTo(V0Content.Calls([_events[0].Event])
            .Select(static text => text == "edit /a ()" ? """mcp edit {"path":"/a","content":"x","start":1,"end":-1} ()""" : text));
        history.Events.Should().AllSatisfy(static one => RecordedV1Shapes.ShouldFit(one));
    }

    [Fact]
    public void Translate_ImagesAndMicroagents_GoWithTheMessage()
    {
        var history = Add("""{"source":"user","action":"message","args":{"content":"Look","image_urls":["data:image/png;base64,AA"]}}""")
            .Add("""{"source":"user","action":"recall","args":{"recall_type":"knowledge"}}""")
            .Add("""{"observation":"recall","cause":1,"content":"","extras":{"recall_type":"knowledge","microagent_knowledge":[{"name":"git","trigger":"git","content":"Use git."}]}}""")
            .Translate();

        var back = Back(history);
        V0Content.Messages(back).Should().Equal("user: Look data:image/png;base64,AA");
        var knowledge = back.Single(static one => one.Text("observation") == "recall").Object("extras").Objects("microagent_knowledge");
        knowledge.Select(static one => $"{one.Text("name")}: {one.Text("content")}").Should().Equal("git: Use git.");
    }

    [Fact]
    public void Translate_ScreenshotsAndMcpImages_AreThere()
    {
        var history = Add("""{"action":"browse","args":{"url":"http://a"}}""")
            .Add("""{"cause":0,"observation":"browse","content":"A page","extras":{"url":"http://a","screenshot":"data:image/png;base64,iVBORw0"}}""")
            .Add("""{"action":"call_tool_mcp","args":{"name":"draw","arguments":{}}}""")
            .Add("""{"cause":2,"observation":"mcp","content":"{\"content\":[{\"type\":\"image\",\"data\":\"iVBORw0\",\"mimeType\":\"image/png\"}],\"isError\":true}","extras":{}}""")
            .Translate();

        var back = Back(history);
        back.Single(static one => one.Text("observation") == "browse").Object("extras").Text("screenshot")
            .Should().Be("data:image/png;base64,iVBORw0");
        back.Single(static one => one.Text("observation") == "mcp").Text("content").Should().ContainAll("iVBORw0", "\"isError\":true");
    }

    /// <summary>V0 may name a range, or half of a call; V1 forgets whole calls.</summary>
    [Fact]
    public void Translate_Condensation_ForgetsTheSame()
    {
        var history = Add("""{"source":"agent","action":"system","args":{"content":"P"}}""")
            .Add("""{"source":"user","action":"message","args":{"content":"Hi"}}""")
            .Add("""{"source":"agent","action":"run","args":{"command":"ls"}}""")
            .Add("""{"source":"agent","cause":2,"observation":"run","content":"a","extras":{}}""")
            .Add("""{"source":"agent","action":"condensation","args":{"forgotten_events_start_id":1,"forgotten_events_end_id":2,"summary":"S","summary_offset":9}}""")
            .Translate();

        var condensation = history.Events[^1];
        condensation["forgotten_event_ids"]!.Values<string>().Should()
            .BeEquivalentTo(history.Events.Skip(1).Take(3).Select(static one => one.Text("id")));
        (condensation.Integer("summary_offset"), condensation.Text("summary")).Should().Be((1, "S"));
        RecordedV1Shapes.ShouldFit(condensation);
        Back(history)[^1].Object("args")!["forgotten_event_ids"]!.Values<int>().Should().Equal(1, 2, 3);
    }

    [Fact]
    public void Translate_ResultWithoutItsCall_GetsOne()
    {
        var history = Add("""{"observation":"run","content":"a","extras":{"command":"ls","metadata":{"exit_code":2}}}""").Translate();

        var back = Back(history);
        (V0Content.Calls(back).Single(), V0Content.Results(back).Single()).Should().Be(("run ls False ()", "a 2"));
        Losses(history).Should().Contain(HistoryLoss.LooseResult);
    }

    [Fact]
    public void Translate_Again_GivesTheSameIds()
    {
        Add("""{"source":"user","action":"message","args":{"content":"Hi"}}""");

        Translate().Events.Select(static one => one.ToString()).Should().Equal(Translate().Events.Select(static one => one.ToString()));
    }

    /// <summary>A gateway over the same store shows V0's own events, and behind them what V1 adds.</summary>
    [Fact]
    public async Task BridgeJournal_OfAHistory_LetsTheBridgeGoOnBehindIt()
    {
        var conversation = new MemoryConversation("c");
        var recorded = V0Stores.Names.First(static name => name.Contains("/confirmation/", StringComparison.Ordinal));
        foreach (var (_, one) in V0Stores.Read(recorded))
        {
            _events.Add((_events.Count, one));
            await conversation.AppendAsync(one, EventSource.Agent, CancellationToken.None);
        }

        var history = Translate();
        await BridgeJournal.WriteAsync(conversation, history, _events, CancellationToken.None);
        using var meters = new TestMeterFactory();
        var bridge = await ConversationBridge.LoadAsync(
            conversation, new V1Map(conversation), new NoObserver(), new KindCounter(new V1Metrics(meters), NullLogger.Instance),
            TimeProvider.System, CancellationToken.None);
        var before = conversation.Events.Count;
        bridge.LastSequence.Should().Be(history.Events.Count - 1);
        history.Events.Should().OnlyContain(one => bridge.HasTaken(one.Text("id")));
        var next = JObject.Parse("""{"id":"00000000-0000-4000-8000-000000000001","timestamp":"2026-12-01T10:00:00","source":"user","kind":"MessageEvent","llm_message":{"role":"user","content":[{"type":"text","text":"Go on"}]}}""");
        await bridge.TakeAsync([next], CancellationToken.None);

        conversation.Events.Skip(before).Select(static one => one.Object("args").Text("content")).Should().Equal("Go on");
    }

    private HistoryTranslatorTests Add(string json)
    {
        var one = JObject.Parse(json);
        one["timestamp"] = string.Create(CultureInfo.InvariantCulture, $"2026-11-21T10:00:{_events.Count:00}.000001");
        _events.Add((_events.Count, one));
        return this;
    }

    private V1History Translate() => HistoryTranslator.Translate(s_id, _events);

    private static IEnumerable<HistoryLoss> Losses(V1History history) => history.Losses.All.Select(static one => one.Loss);

    private static List<JObject> Back(V1History history)
    {
        var builder = new V0LogBuilder(TimeProvider.System);
        foreach (var one in history.Events)
        {
            builder.Add(one);
        }

        builder.End();
        return [.. builder.Events.Select(static one => JObject.Parse(Encoding.UTF8.GetString(one.Json.Span)))];
    }
}
