using System.Text;

using Gateway.Conversations;
using Gateway.Conversations.Events;
using Gateway.Primitives.Json;
using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Conversations.Events;

public class ActionPayloadTests
{
    private static readonly JsonLimits s_limits = new ConversationsOptions().ActionLimits;
    private static readonly Recording s_recording = Recording.Named("bad-actions");

    [Theory]
    [InlineData(
        """{"action":"message","args":{"content":"hi","image_urls":[],"file_urls":[],"timestamp":"2026-11-21T09:44:38.448Z"}}""",
        """{"action": "message", "args": {"content": "hi", "file_urls": [], "image_urls": [], "wait_for_response": false, "security_risk": -1}}""")]
    [InlineData(
        """{"action":"message","args":{"content":"hi"},"source":"agent","timestamp":"2001-01-01T00:00:00","cause":1,"message":"lie","tool_call_metadata":{},"x":1}""",
        """{"cause": 1, "action": "message", "args": {"content": "hi", "file_urls": null, "image_urls": null, "wait_for_response": false, "security_risk": -1}}""")]
    [InlineData(
        """{"action":"message","args":{"content":"","images_urls":["u"],"security_risk":"HIGH"},"id":-1,"cause":null}""",
        """{"action": "message", "args": {"content": "", "file_urls": null, "image_urls": ["u"], "wait_for_response": false, "security_risk": -1}}""")]
    [InlineData(
        """{"action":"change_agent_state","args":{"agent_state":"nonsense"},"id":null}""",
        """{"action": "change_agent_state", "args": {"agent_state": "nonsense", "thought": ""}}""")]
    [InlineData(
        """{"action":"run","args":{"command":"ls","hidden":true,"is_confirmed":"rejected"},"timeout":1.50}""",
        """{"action": "run", "args": {"command": "ls", "is_input": false, "thought": "", "blocking": false, "is_static": false, "cwd": null, "hidden": true, "confirmation_state": "rejected", "security_risk": -1}, "timeout": 1.50}""")]
    [InlineData("""{"action":"condensation_request"}""", """{"action": "condensation_request", "args": {}}""")]
    [InlineData("""{"action":"null","observation":"run"}""", """{"action": "null", "args": {}}""")]
    [InlineData("""{"action":"run","args":{"command":"ls","cwd":5},"timeout":"soon"}""",
        """{"action": "run", "args": {"command": "ls", "is_input": false, "thought": "", "blocking": false, "is_static": false, "cwd": 5, "hidden": false, "confirmation_state": "confirmed", "security_risk": -1}}""")]
    [InlineData(
        """{"action":"condensation","args":{"forgotten_events_start_id":1,"forgotten_events_end_id":2}}""",
        """{"action": "condensation", "args": {"forgotten_event_ids": null, "forgotten_events_start_id": 1, "forgotten_events_end_id": 2, "summary": null, "summary_offset": null}}""")]
    [InlineData(
        """{"observation":"user_rejected","content":"no"}""",
        """{"observation": "user_rejected", "content": "no", "extras": {}}""")]
    [InlineData(
        """{"observation":"run","extras":{"command":"ls","exit_code":1}}""",
        """{"observation": "run", "content": "", "extras": {"command": "ls", "metadata": {"exit_code": 1, "pid": -1, "username": null, "hostname": null, "working_dir": null, "py_interpreter_path": null, "prefix": "", "suffix": ""}, "hidden": false}}""")]
    public void Check_WhatV0Stores_GivesItsBody(string payload, string expected)
    {
        var result = ActionPayload.CheckFirst(Encoding.UTF8.GetBytes($"[{payload}]"), s_limits);

        var accepted = result.Should().BeOfType<ActionPayloadResult.Accepted>().Subject;
        Encoding.UTF8.GetString(EventWriter.Encode(accepted.Body).Span).Should().Be(expected);
        accepted.UnknownFields.Should().BeEmpty();
    }

    [Theory]
    [InlineData("", "must be a JSON object")]
    [InlineData("{\"action\":", "must be a JSON object")]
    [InlineData("\"text\"", "must be a JSON object")]
    [InlineData("42", "must be a JSON object")]
    [InlineData("null", "must be a JSON object")]
    [InlineData("[]", "must be a JSON object")]
    [InlineData("""{"args":{"content":"x"}}""", "must have the key 'action'")]
    [InlineData("""{"action":5,"args":{}}""", "'action' must be a string")]
    [InlineData("""{"action":1.5,"args":{}}""", "'action' must be a string")]
    [InlineData("""{"action":null,"args":{}}""", "'action' must be a string")]
    [InlineData("""{"action":"no_such_action","args":{}}""", "Unknown action 'no_such_action'")]
    [InlineData("""{"action":"start","args":{}}""", "Unknown action 'start'")]
    [InlineData("""{"action":"initialize"}""", "Unknown action 'initialize'")]
    [InlineData("""{"observation":"chat"}""", "Unknown observation 'chat'")]
    [InlineData("""{"action":"message","args":{}}""", "needs 'content'")]
    [InlineData("""{"action":"message"}""", "needs 'content'")]
    [InlineData("""{"action":"message","args":null}""", "'args' must be an object")]
    [InlineData("""{"action":"message","args":[]}""", "'args' must be an object")]
    [InlineData("""{"action":"message","args":{"content":5}}""", "'content' of 'message' must be a string")]
    [InlineData("""{"action":"message","args":{"content":1.5}}""", "'content' of 'message' must be a string")]
    [InlineData("""{"action":"message","args":{"content":null}}""", "'content' of 'message' must be a string")]
    [InlineData("""{"action":"message","args":{"content":"x"},"id":3}""", "must not have an id")]
    [InlineData("""{"action":"message","args":{"content":"x"},"id":"-1"}""", "must not have an id")]
    [InlineData("""{"action":"delegate","args":{"agent":"A"}}""", "needs 'inputs'")]
    [InlineData("""{"action":"condensation","args":{}}""", "either by ids or by start and end")]
    [InlineData("""{"action":"condensation","args":{"forgotten_event_ids":[],"forgotten_events_start_id":1,"forgotten_events_end_id":2}}""",
        "either by ids")]
    [InlineData("""{"action":"condensation","args":{"forgotten_event_ids":[1],"summary":"s"}}""", "summary")]
    [InlineData("""{"observation":"run","content":"x","extras":{}}""", "needs 'command'")]
    [InlineData("""{"observation":"error","content":5}""", "'content' must be a string")]
    [InlineData("""{"observation":"recall","extras":{"recall_type":"odd"}}""", "'recall_type' must be")]
    public void Check_WhatV0Drops_SaysWhy(string payload, string expected)
    {
        var result = ActionPayload.CheckFirst(Encoding.UTF8.GetBytes($"[{payload}]"), s_limits);

        result.Should().BeOfType<ActionPayloadResult.Refused>().Which.Message.Should().Contain(expected);
    }

    [Fact]
    public void Check_UnknownArguments_AreLeftOutAndNamed()
    {
        var payload = """[{"action":"message","args":{"content":"x","surprise":1,"ev'il\n":{"a":1}}}]"""u8;

        var accepted = ActionPayload.CheckFirst(payload, s_limits).Should().BeOfType<ActionPayloadResult.Accepted>().Subject;

        accepted.UnknownFields.Should().Equal("surprise", "ev?il?");
        accepted.Body.ToString().Should().NotContain("surprise");
    }

    [Fact]
    public void Check_HugeNames_AreShownShort()
    {
        var name = new string('n', 100_000);
        var many = string.Join(',', Enumerable.Range(0, 1_000).Select(i => $"\"{name[..100]}{i}\":1"));

        var refused = ActionPayload.CheckFirst(Encoding.UTF8.GetBytes($$"""[{"action":"{{name}}"}]"""), s_limits);
        var accepted = ActionPayload
            .CheckFirst(Encoding.UTF8.GetBytes($$$"""[{"action":"message","args":{"content":"",{{{many}}}}}]"""), s_limits);

        refused.Should().BeOfType<ActionPayloadResult.Refused>().Which.Message.Length.Should().BeLessThan(120);
        accepted.Should().BeOfType<ActionPayloadResult.Accepted>().Which.UnknownFields.Should().HaveCount(20)
            .And.OnlyContain(static shown => shown.Length <= 67);
    }

    [Fact]
    public void Check_RecordedBadActions_KeepsWhatV0Stored()
    {
        var before = Recording.EventFiles(s_recording.Store).Select(Path.GetFileName);
        var stored = Recording.EventFiles(s_recording.StoreAfter).ExceptBy(before, Path.GetFileName)
            .Select(static path => JObject.Parse(File.ReadAllText(path)))
            .Where(static json => (string?)json["source"] == "user" && (string?)json["action"] is "message" or "change_agent_state")
            .Select(static json => (string?)json["message"]);

        var results = s_recording.Sent("42[\"oh_user_action\",")
            .Select(static text => ActionPayload.CheckFirst(Encoding.UTF8.GetBytes("[" + text), s_limits)).ToList();

        // V0 drops the message with the unknown argument whole; here it is kept without it.
        results.OfType<ActionPayloadResult.Refused>().Should().HaveCount(12);
        var accepted = results.OfType<ActionPayloadResult.Accepted>().ToList();
        accepted.Where(static action => action.UnknownFields.Count == 0).Select(static action => EventMessages.For(action.Body))
            .Should().BeEquivalentTo(stored);
        accepted.Should().ContainSingle(static action => action.UnknownFields.Contains("surprise"));
    }
}
