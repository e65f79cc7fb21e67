using Gateway.Primitives.Json;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Translation;

/// <summary>
/// The result of an MCP tool, or of any tool that V0 never had, as V0's <c>mcp</c>: its content is an MCP result as JSON text. Pure.
/// </summary>
internal static class McpObservation
{
    public static JObject Translate(ToolResult result)
    {
        var content = new JArray(Items(result.Observation));
        return Create(result.Timestamp, result.Action, result.ToolName, content, result.IsError);
    }

    public static JObject Create(string timestamp, TrackedAction? action, string toolName, JArray content, bool isError)
    {
        var mcpResult = new JObject { ["meta"] = null, ["content"] = content, ["isError"] = isError };
        var extras = new JObject
        {
            ["name"] = action?.Args.TextOrNull("name") ?? toolName,
            ["arguments"] = action?.Args.Object("arguments")?.DeepClone() ?? new JObject(),
        };
        return V0Draft.Observation(timestamp, "mcp", mcpResult.ToString(Formatting.None), extras);
    }

    public static JObject TextItem(string text) => new() { ["type"] = "text", ["text"] = text };

    private static IEnumerable<JObject> Items(JObject observation)
    {
        var items = observation.Objects("content");
        // V1 puts a line of its own before an MCP tool's answer.
        if (observation.Text("kind") == "MCPToolObservation"
            && items.FirstOrDefault()?.Text("text").StartsWith("[Tool '", StringComparison.Ordinal) == true)
        {
            items = items.Skip(1);
        }

        foreach (var item in items)
        {
            if (item["text"] is not null)
            {
                yield return TextItem(item.Text("text"));
            }

            foreach (var url in item["image_urls"] as JArray ?? [])
            {
                yield return Image(url.Type == JTokenType.String ? (string?)url ?? "" : "");
            }
        }
    }

    private static JObject Image(string url)
    {
        var comma = url.IndexOf(',', StringComparison.Ordinal);
        var isData = url.StartsWith("data:", StringComparison.Ordinal) && comma > 0;
        var mimeType = isData ? url["data:".Length..comma].Split(';')[0] : "image/png";
        return new JObject { ["type"] = "image", ["data"] = isData ? url[(comma + 1)..] : url, ["mimeType"] = mimeType };
    }
}
