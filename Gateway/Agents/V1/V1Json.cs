using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1;

/// <summary>
/// What V1's JSON has in many places. Both generations of server leave fields out (PROTOCOL.md, "V1 optional fields"). Pure.
/// </summary>
internal static class V1Json
{
    /// <summary>The joined text of content items (<c>{"type":"text","text":…}</c>).</summary>
    public static string JoinedText(IEnumerable<JObject> items, string separator = "") =>
        string.Join(separator, items.Where(static item => item["text"] is not null).Select(static item => item.Text("text")));
}
