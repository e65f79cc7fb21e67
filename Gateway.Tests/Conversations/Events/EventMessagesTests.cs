using System.Text;

using Gateway.Conversations.Events;
using Gateway.Primitives.Json;
using Gateway.Tests.Support;

namespace Gateway.Tests.Conversations.Events;

public class EventMessagesTests
{
    public static TheoryData<string> Names() => [.. Recording.WithStore()];

    [Theory]
    [MemberData(nameof(Names))]
    public void For_EveryRecordedEvent_IsTheRecordedMessage(string name)
    {
        foreach (var file in new Recording(name).EventFiles())
        {
            if (JsonTree.TryReadObject(File.ReadAllBytes(file), out var stored))
            {
                // PROTOCOL.md, "V0 stored and shown": stored is the name of the enum's member, shown is its value.
                var recorded = ((string?)stored["message"] ?? "").Replace("AgentState.", "", StringComparison.Ordinal);
                var isState = (string?)stored["action"] == "change_agent_state";

                EventMessages.For(stored).Should().Be(isState ? recorded.Replace(recorded["Agent state changed to ".Length..],
                    recorded["Agent state changed to ".Length..].ToLowerInvariant(), StringComparison.Ordinal) : recorded, file);
            }
        }
    }

    [Theory]
    [InlineData("""{"action":"system","args":{"content":"prompt"}}""", "prompt")]
    [InlineData("""{"action":"run_ipython","args":{"code":"1+1"}}""", "Running Python code interactively: 1+1")]
    [InlineData("""{"action":"write","args":{"path":"/a"}}""", "Writing file: /a")]
    [InlineData("""{"action":"edit","args":{"path":"/a"}}""", "")]
    [InlineData("""{"action":"browse","args":{"url":"http://x"}}""", "I am browsing the URL: http://x")]
    [InlineData("""{"action":"browse_interactive","args":{"browser_actions":"noop()"}}""",
        "I am interacting with the browser:\n```\nnoop()\n```")]
    [InlineData(
        """{"action":"call_tool_mcp","args":{"name":"n","arguments":{"a":"it's","b":[1.50,null]}}}""",
        "I am interacting with the MCP server with name:\n```\nn\n```\nand arguments:\n```\n{'a': \"it's\", 'b': [1.5, None]}\n```")]
    [InlineData("""{"action":"delegate","args":{"agent":"B","inputs":{}}}""", "I'm asking B for help with this task.")]
    [InlineData("""{"action":"finish","args":{"thought":"bye"}}""", "bye")]
    [InlineData("""{"action":"finish","args":{"thought":""}}""", "All done! What's next on the agenda?")]
    [InlineData("""{"action":"reject","args":{"outputs":{}}}""", "Task is rejected by the agent.")]
    [InlineData("""{"action":"reject","args":{"outputs":{"reason":"no"}}}""", "Task is rejected by the agent. Reason: no")]
    [InlineData("""{"action":"change_agent_state","args":{"agent_state":"paused"}}""", "Agent state changed to paused")]
    [InlineData(
        """{"action":"recall","args":{"query":"0123456789012345678901234567890123456789012345678901234567890"}}""",
        "Retrieving content for: 01234567890123456789012345678901234567890123456789")]
    [InlineData("""{"action":"condensation","args":{"summary":"s","summary_offset":1}}""", "Summary: s")]
    [InlineData("""{"action":"condensation","args":{"forgotten_event_ids":[3,5]}}""", "Condenser is dropping the events: [3, 5].")]
    [InlineData(
        """{"action":"condensation","args":{"forgotten_events_start_id":2,"forgotten_events_end_id":4,"summary":""}}""",
        "Condenser is dropping the events: [2, 3, 4].")]
    [InlineData("""{"action":"condensation_request","args":{}}""", "Requesting a condensation of the conversation history.")]
    [InlineData("""{"action":"task_tracking","args":{"task_list":[]}}""", "Clearing the task list.")]
    [InlineData("""{"action":"task_tracking","args":{"task_list":[{}]}}""", "Managing 1 task item.")]
    [InlineData("""{"action":"task_tracking","args":{"task_list":[{},{}]}}""", "Managing 2 task items.")]
    [InlineData("""{"action":"loop_recovery","args":{"option":1}}""", "")]
    [InlineData("""{"action":"null","args":{}}""", "No action")]
    [InlineData("""{"observation":"run","content":"","extras":{"command":"ls","metadata":{"exit_code":-1}}}""",
        "Command `ls` executed with exit code -1.")]
    [InlineData("""{"observation":"run_ipython","content":"","extras":{"code":"1"}}""", "Code executed in IPython cell.")]
    [InlineData("""{"observation":"write","content":"","extras":{"path":"/a"}}""", "I wrote to the file /a.")]
    [InlineData("""{"observation":"browse","content":"","extras":{"url":"http://x"}}""", "Visited http://x")]
    [InlineData("""{"observation":"delegate","content":"c","extras":{"outputs":{}}}""", "")]
    [InlineData("""{"observation":"agent_state_changed","content":"","extras":{"agent_state":"running"}}""", "")]
    [InlineData("""{"observation":"success","content":"c","extras":{}}""", "c")]
    [InlineData("""{"observation":"user_rejected","content":"c","extras":{}}""", "c")]
    [InlineData("""{"observation":"condense","content":"c","extras":{}}""", "c")]
    [InlineData("""{"observation":"recall","content":"c","extras":{"recall_type":"knowledge"}}""", "Added microagent knowledge")]
    [InlineData("""{"observation":"download","content":"c","extras":{"file_path":"/a"}}""", "Downloaded the file at location: /a")]
    [InlineData("""{"observation":"task_tracking","content":"c","extras":{}}""", "c")]
    [InlineData("""{"observation":"loop_detection","content":"c","extras":{}}""", "")]
    [InlineData("""{"observation":"null","content":"c","extras":{}}""", "No observation")]
    [InlineData("""{"action":"of-the-future"}""", "")]
    public void For_AnyType_IsV0sText(string json, string expected)
    {
        JsonTree.TryReadObject(Encoding.UTF8.GetBytes(json), out var draft).Should().BeTrue();

        EventMessages.For(draft).Should().Be(expected);
    }

    [Fact]
    public void For_HugeForgottenRange_IsCutShort()
    {
        var json = """{"action":"condensation","args":{"forgotten_events_start_id":0,"forgotten_events_end_id":9223372036854775807}}"""u8;
        JsonTree.TryReadObject(json, out var draft).Should().BeTrue();

        EventMessages.For(draft).Should().EndWith("999, ...].").And.HaveLength(4_930);
    }

    [Fact]
    public void Types_EveryActionAndObservation_MatchTheRecordedFields()
    {
        foreach (var file in Recording
            .WithStore()
            .Where(static name => name.StartsWith("v0/", StringComparison.Ordinal))
            .SelectMany(static name => new Recording(name).EventFiles()))
        {
            if (!JsonTree.TryReadObject(File.ReadAllBytes(file), out var stored))
            {
                continue;
            }

            var isAction = stored.ContainsKey("action");
            var type = (string?)stored[isAction ? "action" : "observation"] ?? "";
            var fields = (isAction ? EventTypes.Actions : EventTypes.Observations)[type];
            stored[isAction ? "args" : "extras"].Should().BeOfType<Newtonsoft.Json.Linq.JObject>()
                .Which.Properties()
                    .Select(static property => property.Name)
                    .Should()
                    .Equal(fields.Select(static field => field.Name), file);
        }
    }
}
