using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Translation;

/// <summary>V1's browser observation as V0's <c>browse</c>, with every field that V0's clients read. Pure.</summary>
internal static class BrowserObservation
{
    public static JObject Translate(ToolResult result)
    {
        var text = result.Text;
        var url = FindUrl(text) ?? result.BrowserUrl;
        return V0Draft.Observation(result.Timestamp, "browse", text, new JObject
        {
            ["url"] = url,
            ["trigger_by_action"] = result.Action?.Name ?? "browse_interactive",
            ["screenshot"] = DataUrl(result.Observation.Text("screenshot_data")),
            ["screenshot_path"] = null,
            ["set_of_marks"] = "",
            ["error"] = result.IsError,
            ["goal_image_urls"] = new JArray(),
            ["open_pages_urls"] = url.Length > 0 ? new JArray(url) : new JArray(),
            ["active_page_index"] = url.Length > 0 ? 0 : -1,
            ["dom_object"] = new JObject(),
            ["axtree_object"] = new JObject(),
            ["extra_element_properties"] = new JObject(),
            ["last_browser_action"] = result.Args.Text("browser_actions"),
            ["last_browser_action_error"] = result.IsError ? text : "",
            ["focused_element_bid"] = "",
            ["filter_visible_only"] = false,
        });
    }

    /// <summary>The address that <c>browser_get_state</c> names: its text is JSON.</summary>
    public static string? FindUrl(string text) =>
        text.StartsWith('{') && JsonTree.TryReadObject(text, out var state) && state.Text("url") is { Length: > 0 } url ? url : null;

    // Base64 of each format's first bytes.
    private static string DataUrl(string data) => data switch
    {
        "" => "",
        _ when data.StartsWith("data:", StringComparison.Ordinal) => data,
        _ when data.StartsWith("/9j/", StringComparison.Ordinal) => "data:image/jpeg;base64," + data,
        _ when data.StartsWith("R0lGODlh", StringComparison.Ordinal) => "data:image/gif;base64," + data,
        _ when data.StartsWith("UklGR", StringComparison.Ordinal) => "data:image/webp;base64," + data,
        _ => "data:image/png;base64," + data,
    };
}
