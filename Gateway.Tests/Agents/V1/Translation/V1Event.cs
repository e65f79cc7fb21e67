using Gateway.Agents.V1;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Agents.V1.Translation;

/// <summary>V1 events for tests, as the newer server writes them. Times count up in tenths of a second. Used by one test.</summary>
internal sealed class V1Event
{
    private int _count;

    public JObject Action(string kind, string fields = "", string id = "", string thought = "", string risk = "UNKNOWN",
        string tool = "tool") => New(
        "ActionEvent", "agent", $$"""
        "thought":[{"type":"text","text":"{{thought}}"}],"action":{ {{fields}}{{(fields.Length > 0 ? "," : "")}}"kind":"{{kind}}"},
        "tool_name":"{{tool}}","tool_call_id":"call-{{(id.Length > 0 ? id : "a")}}","security_risk":"{{risk}}"
        """, id.Length > 0 ? id : "a");

    public JObject Observation(string kind, string fields = "", string text = "text", string action = "a", bool isError = false,
        string tool = "tool") => New(
        "ObservationEvent", "environment", $$"""
        "tool_name":"{{tool}}","tool_call_id":"call-{{action}}","action_id":"{{action}}",
        "observation":{"content":[{"type":"text","text":"{{text}}"}],"is_error":{{(isError ? "true" : "false")}},{{fields}}{{(fields.Length > 0 ? "," : "")}}"kind":"{{kind}}"}
        """);

    public JObject Status(string status) => Update("execution_status", $"\"{status}\"");

    public JObject Update(string key, string value) =>
        New("ConversationStateUpdateEvent", "environment", $"\"key\":\"{key}\",\"value\":{value}");

    public JObject Message(string source, string text, string more = "", string items = "") => New("MessageEvent", source, $$"""
        "llm_message":{"role":"{{source}}","content":[{"type":"text","text":"{{text}}"}{{items}}]}{{more}}
        """);

    public JObject New(string kind, string source, string fields = "", string id = "")
    {
        _count++;
        var text = $$"""
            {"id":"{{(id.Length > 0 ? id : $"e{_count}")}}","timestamp":"{{Time(_count)}}","source":"{{source}}",{{fields}}{{(fields.Length > 0 ? "," : "")}}"kind":"{{kind}}"}
            """;
        return JsonTree.TryReadObject(text, out var json) ? json : throw new ArgumentException(text);
    }

    /// <summary>A minute passes.</summary>
    public V1Event Later()
    {
        _count += 600;
        return this;
    }

    private static string Time(int count) =>
        $"2026-08-22T{10 + (count / 36_000):00}:{count / 600 % 60:00}:{count / 10 % 60:00}.{count % 10}00000";
}
