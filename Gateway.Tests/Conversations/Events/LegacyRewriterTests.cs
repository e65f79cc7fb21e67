using System.Text;

using Gateway.Conversations.Events;

namespace Gateway.Tests.Conversations.Events;

public class LegacyRewriterTests
{
    [Theory]
    [InlineData(
        """{"id":3,"source":"environment","message":"Agent state changed to AgentState.RUNNING","action":"change_agent_state","args":{"agent_state":"running","thought":""}}""",
        """{"id": 3, "source": "environment", "message": "Agent state changed to running", "action": "change_agent_state", "args": {"agent_state": "running", "thought": ""}}""")]
    [InlineData(
        """{"action":"run","args":{"command":"ls","is_confirmed":"rejected"}}""",
        """{"action": "run", "args": {"command": "ls", "confirmation_state": "rejected"}}""")]
    [InlineData(
        """{"action":"run","args":{"command":"ls","is_confirmed":null,"confirmation_state":"confirmed"}}""",
        """{"action": "run", "args": {"command": "ls", "confirmation_state": "confirmed"}}""")]
    [InlineData(
        """{"action":"message","args":{"content":"a","images_urls":["b"]}}""",
        """{"action": "message", "args": {"content": "a", "image_urls": ["b"]}}""")]
    [InlineData(
        """{"action":"run","args":{"keep_prompt":true,"command":"ls"}}""",
        """{"action": "run", "args": {"command": "ls"}}""")]
    [InlineData(
        """{"timestamp":"2024-01-01T00:00:00","action":"message","args":{"content":"a","timestamp":"2001"}}""",
        """{"timestamp": "2024-01-01T00:00:00", "action": "message", "args": {"content": "a"}}""")]
    [InlineData(
        """{"action":"message","args":{"content":"a","timestamp":"2001"}}""",
        """{"action": "message", "args": {"content": "a"}, "timestamp": "2001"}""")]
    [InlineData(
        """{"action":"run","args":{"command":"ls","security_risk":"LOW"}}""",
        """{"action": "run", "args": {"command": "ls"}}""")]
    [InlineData(
        """{"action":"run","args":{"command":"ls","security_risk":1.0}}""",
        """{"action": "run", "args": {"command": "ls", "security_risk": 1}}""")]
    [InlineData(
        """{"action":"finish","args":{"task_completed":"true","keep_prompt":1,"outputs":{}}}""",
        """{"action": "finish", "args": {"outputs": {}, "task_completed": "true"}}""")]
    [InlineData(
        """{"action":"edit","args":{"command":"view","translated_ipython_code":"print(1)"}}""",
        """{"action": "edit", "args": {"command": "view"}}""")]
    [InlineData(
        """{"observation":"run","content":"","extras":{"command":"ls","exit_code":2,"command_id":7,"formatted_output_and_error":"x"}}""",
        """{"observation": "run", "content": "", "extras": {"command": "ls", "metadata": {"exit_code": 2, "pid": 7, "username": null, "hostname": null, "working_dir": null, "py_interpreter_path": null, "prefix": "", "suffix": ""}}}""")]
    [InlineData(
        """{"observation":"run","content":"","extras":{"metadata":{"exit_code":1,"prefix":"p","odd":1},"exit_code":0}}""",
        """{"observation": "run", "content": "", "extras": {"metadata": {"exit_code": 0, "pid": -1, "username": null, "hostname": null, "working_dir": null, "py_interpreter_path": null, "prefix": "p", "suffix": ""}}}""")]
    public void Rewrite_StoredEvent_ShowsItAsV0Does(string stored, string expected)
    {
        var shown = LegacyRewriter.Rewrite(Encoding.UTF8.GetBytes(stored));

        Encoding.UTF8.GetString(shown.Span).Should().Be(expected);
        if (EventScanner.Scan(shown.Span, out var header, out _) == ScanStatus.Ok && !expected.Contains("2001", StringComparison.Ordinal))
        {
            header.NeedsRewrite.Should().BeFalse();
        }
    }

    [Fact]
    public void Rewrite_NumbersDatesAndText_StayAsTheyWereWritten()
    {
        const string Kept = "\"timestamp\": \"2026-11-21T09:41:33.100000\", \"cost\": [1.0, 1e-7, 0.0060999999999999995, 12345678901234567890123, -0.0, \"\\ud83d\", "
            + "\"\\u00e9\", \"2026-11-21T09:41:33Z\"]";

        var shown = LegacyRewriter.Rewrite(Encoding.UTF8.GetBytes($"{{{Kept}, \"action\": \"run\", \"args\": {{\"keep_prompt\": true}}}}"));

        Encoding.UTF8.GetString(shown.Span).Should().Be($"{{{Kept}, \"action\": \"run\", \"args\": {{}}}}");
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"action\":")]
    public void Rewrite_NoObject_ComesBackAsItIs(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);

        LegacyRewriter.Rewrite(bytes).ToArray().Should().Equal(bytes);
    }
}
