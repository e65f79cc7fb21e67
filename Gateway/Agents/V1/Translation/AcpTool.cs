using Gateway.Primitives.Json;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Translation;

/// <summary>A tool call of an outer agent (ACP) as an MCP call: V0 knows no other tool with any name and any arguments. Pure.</summary>
internal static class AcpTool
{
    public static JObject Action(JObject call, JObject? llmMetrics) => V0Draft.Action(call.Text("timestamp"), "call_tool_mcp", new JObject
    {
        ["name"] = call.Text("title"),
        ["arguments"] = call["raw_input"] switch
        {
            JObject arguments => arguments.DeepClone(),
            JValue { Value: not null } or JArray => new JObject { ["input"] = call.Copy("raw_input") },
            _ => new JObject(),
        },
        ["thought"] = "",
        ["security_risk"] = -1,
    }, llmMetrics);

    public static bool IsOver(JObject call) => call.Text("status") is "completed" or "failed";

    public static JObject Observation(JObject call, TrackedAction action)
    {
        var output = call["raw_output"] is { Type: not JTokenType.Null } raw ? raw : call["content"];
        var text = output switch
        {
            null => "",
            JValue { Type: JTokenType.String } plain => (string?)plain ?? "",
            _ => output.ToString(Formatting.None),
        };
        var isError = call.Flag("is_error") || call.Text("status") == "failed";
        return McpObservation.Create(call.Text("timestamp"), action, call.Text("title"), [McpObservation.TextItem(text)], isError);
    }
}
