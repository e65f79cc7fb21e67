using System.Text;

using Gateway.Conversations.Events;
using Gateway.Primitives.Json;

namespace Gateway.Tests.Conversations.Events;

public class EventScannerTests
{
    [Theory]
    [InlineData("""{"action":"message"}""", nameof(ScanStatus.Ok))]
    [InlineData(" \t\r\n{ \"action\" : \"message\" , \"args\" : { } } \n", nameof(ScanStatus.Ok))]
    [InlineData("""{"observation":"run","content":"","extras":{}}""", nameof(ScanStatus.Ok))]
    [InlineData("""{"action":"a","n":[0,-0,1.5,-2e10,3E-2,4e+1,10,true,false,null,[],{},[[1],{"a":{}}]]}""", nameof(ScanStatus.Ok))]
    [InlineData("""{"action":"a","s":"\"\\\/\b\f\n\r\t\ud83d\u00E9"}""", nameof(ScanStatus.Ok))]
    [InlineData("[]", nameof(ScanStatus.NotAnObject))]
    [InlineData("\"action\"", nameof(ScanStatus.NotAnObject))]
    [InlineData("null", nameof(ScanStatus.NotAnObject))]
    [InlineData("{}", nameof(ScanStatus.NoType))]
    [InlineData("""{"id":1,"source":"user"}""", nameof(ScanStatus.NoType))]
    [InlineData("""{"action":null}""", nameof(ScanStatus.NoType))]
    [InlineData("""{"action":5}""", nameof(ScanStatus.NoType))]
    [InlineData("""{"action":{"action":"message"}}""", nameof(ScanStatus.NoType))]
    [InlineData("""{"args":{"action":"message"}}""", nameof(ScanStatus.NoType))]
    [InlineData("""{"action":null,"observation":"run"}""", nameof(ScanStatus.NoType))]
    [InlineData("", nameof(ScanStatus.NotJson))]
    [InlineData("   ", nameof(ScanStatus.NotJson))]
    [InlineData("{", nameof(ScanStatus.NotJson))]
    [InlineData("""{"action":"message",""", nameof(ScanStatus.NotJson))]
    [InlineData("""{"action":"message",}""", nameof(ScanStatus.NotJson))]
    [InlineData("""{"action":"mess""", nameof(ScanStatus.NotJson))]
    [InlineData("""{"action":"message\""", nameof(ScanStatus.NotJson))]
    [InlineData("""{"action":"message"]""", nameof(ScanStatus.NotJson))]
    [InlineData("""{"action":"message"}}""", nameof(ScanStatus.NotJson))]
    [InlineData("""{"action":"message"} x""", nameof(ScanStatus.NotJson))]
    [InlineData("{\"action\":\"message\"}\0", nameof(ScanStatus.NotJson))]
    [InlineData("""{"action":"message"}{"action":"message"}""", nameof(ScanStatus.NotJson))]
    [InlineData("""{"action" "message"}""", nameof(ScanStatus.NotJson))]
    [InlineData("""{action:"message"}""", nameof(ScanStatus.NotJson))]
    [InlineData("""{"action":"a","n":01}""", nameof(ScanStatus.NotJson))]
    [InlineData("""{"action":"a","n":1.}""", nameof(ScanStatus.NotJson))]
    [InlineData("""{"action":"a","n":-}""", nameof(ScanStatus.NotJson))]
    [InlineData("""{"action":"a","n":1e}""", nameof(ScanStatus.NotJson))]
    [InlineData("""{"action":"a","n":+1}""", nameof(ScanStatus.NotJson))]
    [InlineData("""{"action":"a","n":NaN}""", nameof(ScanStatus.NotJson))]
    [InlineData("""{"action":"a","n":-Infinity}""", nameof(ScanStatus.NotJson))]
    [InlineData("""{"action":"a","n":tru}""", nameof(ScanStatus.NotJson))]
    [InlineData("""{"action":"a","n":[1,]}""", nameof(ScanStatus.NotJson))]
    [InlineData("""{"action":"a","n":[1}]""", nameof(ScanStatus.NotJson))]
    [InlineData("""{"action":"a","n":}""", nameof(ScanStatus.NotJson))]
    [InlineData("""{"action":"a","s":"\x"}""", nameof(ScanStatus.NotJson))]
    [InlineData("""{"action":"a","s":"\u12g4"}""", nameof(ScanStatus.NotJson))]
    [InlineData("{\"action\":\"a\",\"s\":\"line\nbreak\"}", nameof(ScanStatus.NotJson))]
    public void Scan_AnyText_TellsWhetherClientsCanBeGivenIt(string json, string expected)
    {
        var status = EventScanner.Scan(Encoding.UTF8.GetBytes(json), out _, out _);

        status.ToString().Should().Be(expected);
    }

    [Theory]
    [InlineData(new byte[] { 0xC3, 0x28 })]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 })]
    [InlineData(new byte[] { 0xFF })]
    public void Scan_InvalidUtf8_IsNotUtf8(byte[] text)
    {
        byte[] json = [.. "{\"action\":\"message\",\"args\":{\"content\":\""u8, .. text, .. "\"}}"u8];

        EventScanner.Scan(json, out _, out _).Should().Be(ScanStatus.NotUtf8);
    }

    [Theory]
    [InlineData("""{"action":"null"}""", nameof(EventKind.NullAction))]
    [InlineData("""{"action":"message"}""", nameof(EventKind.MessageAction))]
    [InlineData("""{"action":"recall"}""", nameof(EventKind.RecallAction))]
    [InlineData("""{"action":"change_agent_state"}""", nameof(EventKind.ChangeAgentStateAction))]
    [InlineData("""{"action":"run"}""", nameof(EventKind.Action))]
    [InlineData("""{"action":"of-the-future"}""", nameof(EventKind.Action))]
    [InlineData("""{"observation":"null"}""", nameof(EventKind.NullObservation))]
    [InlineData("""{"observation":"run"}""", nameof(EventKind.RunObservation))]
    [InlineData("""{"observation":"recall"}""", nameof(EventKind.RecallObservation))]
    [InlineData("""{"observation":"agent_state_changed"}""", nameof(EventKind.AgentStateChanged))]
    [InlineData("""{"observation":"error"}""", nameof(EventKind.ErrorObservation))]
    [InlineData("""{"observation":"message"}""", nameof(EventKind.Observation))]
    [InlineData("""{"observation":"run","action":"message"}""", nameof(EventKind.MessageAction))]
    [InlineData("""{"action":"run","action":"message"}""", nameof(EventKind.MessageAction))]
    [InlineData("""{"act\u0069on":"mess\u0061ge"}""", nameof(EventKind.MessageAction))]
    public void Scan_Types_GivesTheKind(string json, string expected)
    {
        EventScanner.Scan(Encoding.UTF8.GetBytes(json), out var header, out _).Should().Be(ScanStatus.Ok);

        header.Kind.ToString().Should().Be(expected);
    }

    [Theory]
    [InlineData("""{"source":"agent","action":"run"}""", nameof(EventSource.Agent), "\"agent\"")]
    [InlineData("""  {"source" :  "user" ,"action":"run"}""", nameof(EventSource.User), "\"user\"")]
    [InlineData("""{"action":"run","source":"environment"}""", nameof(EventSource.Environment), "\"environment\"")]
    [InlineData("""{"action":"run","source":"user","source":"agent"}""", nameof(EventSource.Agent), "\"agent\"")]
    [InlineData("""{"action":"run","s\u006furce":"\u0061gent"}""", nameof(EventSource.Agent), "\"\\u0061gent\"")]
    [InlineData("""{"action":"run","source":"martian"}""", nameof(EventSource.Unknown), "\"martian\"")]
    [InlineData("""{"action":"run","source":null}""", nameof(EventSource.Unknown), "null")]
    [InlineData("""{"action":"run","args":{"source":"user"}}""", nameof(EventSource.Unknown), "")]
    public void Scan_Source_GivesItAndItsPlace(string json, string expected, string value)
    {
        var bytes = Encoding.UTF8.GetBytes(json);

        EventScanner.Scan(bytes, out var header, out _).Should().Be(ScanStatus.Ok);

        header.Source.ToString().Should().Be(expected);
        Encoding.UTF8.GetString(bytes.AsSpan(header.SourceValue)).Should().Be(value);
    }

    [Theory]
    [InlineData("""{"action":"run","id":0}""", 0)]
    [InlineData("""{"action":"run","id" : 2147483647}""", int.MaxValue)]
    [InlineData("""{"action":"run","id":1,"id":2}""", 2)]
    [InlineData("""{"action":"run"}""", EventScanner.NoId)]
    [InlineData("""{"action":"run","id":-1}""", EventScanner.NoId)]
    [InlineData("""{"action":"run","id":2147483648}""", EventScanner.NoId)]
    [InlineData("""{"action":"run","id":1.0}""", EventScanner.NoId)]
    [InlineData("""{"action":"run","id":"1"}""", EventScanner.NoId)]
    [InlineData("""{"action":"run","id":null}""", EventScanner.NoId)]
    public void Scan_Id_GivesIt(string json, int expected)
    {
        EventScanner.Scan(Encoding.UTF8.GetBytes(json), out _, out var id).Should().Be(ScanStatus.Ok);

        id.Should().Be(expected);
    }

    [Theory]
    [InlineData("""{"action":"change_agent_state","message":"Agent state changed to AgentState.RUNNING","args":{}}""", true)]
    [InlineData("""{"action":"change_agent_state","message":"Agent state changed to running","args":{}}""", false)]
    [InlineData("""{"action":"message","message":"Agent state changed to AgentState.RUNNING","args":{}}""", false)]
    [InlineData("""{"action":"run","args":{"is_confirmed":"confirmed"}}""", true)]
    [InlineData("""{"action":"message","args":{"images_urls":[]}}""", true)]
    [InlineData("""{"action":"message","args":{"im\u0061ges_urls":[]}}""", true)]
    [InlineData("""{"action":"run","args":{"keep_prompt":true}}""", true)]
    [InlineData("""{"action":"finish","args":{"task_completed":"true"}}""", false)]
    [InlineData("""{"action":"edit","args":{"translated_ipython_code":""}}""", true)]
    [InlineData("""{"action":"message","args":{"timestamp":"2024"}}""", true)]
    [InlineData("""{"action":"run","args":{"security_risk":"LOW"}}""", true)]
    [InlineData("""{"action":"run","args":{"security_risk":3}}""", true)]
    [InlineData("""{"action":"run","args":{"security_risk":-1}}""", false)]
    [InlineData("""{"action":"run","args":{"security_risk":null}}""", false)]
    [InlineData("""{"action":"run","args":{"command":{"keep_prompt":1}}}""", false)]
    [InlineData("""{"action":"run","args":{"keep_prompt":1},"args":{}}""", false)]
    [InlineData("""{"action":"run","extras":{"exit_code":1}}""", false)]
    [InlineData("""{"observation":"run","extras":{"metadata":{"exit_code":0}}}""", false)]
    [InlineData("""{"observation":"run","extras":{"metadata":{},"exit_code":0}}""", true)]
    [InlineData("""{"observation":"run","extras":{"metadata":null}}""", true)]
    [InlineData("""{"observation":"run","extras":{}}""", true)]
    [InlineData("""{"observation":"run"}""", true)]
    [InlineData("""{"observation":"error","extras":{}}""", false)]
    [InlineData("""{"observation":"error","extras":{"command_id":1}}""", true)]
    [InlineData("""{"observation":"run","extras":{"metadata":{},"formatted_output_and_error":""}}""", true)]
    public void Scan_LegacyFields_AsksForARewrite(string json, bool expected)
    {
        EventScanner.Scan(Encoding.UTF8.GetBytes(json), out var header, out _).Should().Be(ScanStatus.Ok);

        header.NeedsRewrite.Should().Be(expected);
    }

    [Theory]
    [InlineData(JsonWalker.MaxDepth, nameof(ScanStatus.Ok))]
    [InlineData(JsonWalker.MaxDepth + 1, nameof(ScanStatus.TooDeep))]
    [InlineData(1_000_000, nameof(ScanStatus.TooDeep))]
    public void Scan_DeepNesting_EndsAtTheLimit(int depth, string expected)
    {
        var json = "{\"action\":\"run\",\"x\":" + new string('[', depth) + new string(']', depth) + "}";

        EventScanner.Scan(Encoding.UTF8.GetBytes(json), out _, out _).ToString().Should().Be(expected);
    }

    [Fact]
    public void Scan_DeepMixedNesting_KeepsObjectsAndArraysApart()
    {
        var opening = string.Concat(Enumerable.Range(0, 300).Select(static level => level % 3 == 0 ? "[" : "{\"k\":"));
        var closing = string.Concat(Enumerable.Range(0, 300).Reverse().Select(static level => level % 3 == 0 ? "]" : "}"));
        var json = "{\"action\":\"run\",\"x\":" + opening + "1" + closing + "}";

        EventScanner.Scan(Encoding.UTF8.GetBytes(json), out _, out _).Should().Be(ScanStatus.Ok);
        EventScanner.Scan(Encoding.UTF8.GetBytes(json.Replace("]}}]", "]}]]", StringComparison.Ordinal)), out _, out _)
            .Should().Be(ScanStatus.NotJson);
    }

    [Fact]
    public void Scan_PlainEvent_AllocatesNothing()
    {
        var json = "{\"id\": 3, \"source\": \"user\", \"message\": \"a\\nb\", \"action\": \"message\", \"args\": {\"content\": \"a\\nb\"}}"u8
            .ToArray();
        EventScanner.Scan(json, out _, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();

        EventScanner.Scan(json, out _, out _);

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
    }
}
