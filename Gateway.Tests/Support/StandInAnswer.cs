using Gateway.Primitives.Json;

using Microsoft.AspNetCore.Http;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>How the stand-in server answers a request. Stateless.</summary>
internal static class StandInAnswer
{
    public static async Task WriteAsync(HttpContext context, int status, JContainer body, string charset = "utf-8")
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = $"application/json; charset={charset}";
        await context.Response.WriteAsync(body.ToString(Formatting.None));
    }

    /// <summary>A page of the log, from the event with this id on.</summary>
    public static JObject Page(List<JObject> shown, bool sortsByTime, string? pageId, int limit)
    {
        shown = sortsByTime ? [.. shown.OrderBy(static e => e.Text("timestamp"), StringComparer.Ordinal)] : shown;
        var first = string.IsNullOrEmpty(pageId) ? 0 : Math.Max(0, shown.FindIndex(e => e.Text("id") == pageId));
        var items = shown.Skip(first).Take(limit).ToList();
        var next = first + items.Count < shown.Count ? shown[first + items.Count].Text("id") : null;
        return new JObject { ["items"] = new JArray(items.Select(static e => e.DeepClone())), ["next_page_id"] = next };
    }

    public static JObject FullState(JObject info) => new()
    {
        ["id"] = Guid.NewGuid().ToString(),
        ["kind"] = "ConversationStateUpdateEvent",
        ["key"] = "full_state",
        ["value"] = info,
    };
}
