using Gateway.Conversations.Workspaces;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Rest;

/// <summary>V1's skills as V0's microagents: the same texts under another name (PROTOCOL.md, "V1 REST"). Pure.</summary>
internal static class SkillReader
{
    private const string Repository = "repo";
    private const string Knowledge = "knowledge";

    public static IEnumerable<Microagent> Read(JObject answer) => answer.Objects("skills")
        .Where(static skill => skill.Text("name").Length > 0)
        .Select(static skill => new Microagent(
            skill.Text("name"),
            // V0's UI knows two kinds; the newer agentskills are brought in by need, as knowledge is.
            skill.Text("type") == Repository ? Repository : Knowledge,
            skill.Text("content"),
            TextsOf(skill, "triggers"),
            InputsOf(skill),
            ServersOf(skill)));

    private static IReadOnlyList<string> TextsOf(JObject skill, string name) =>
        [.. (skill[name] as JArray ?? []).Select(static item => item.AsText()).OfType<string>()];

    private static IReadOnlyList<MicroagentInput> InputsOf(JObject skill) =>
        [.. (skill["inputs"] as JArray ?? [])
            .Select(static input => new MicroagentInput(input.AsText() ?? input.Text("name"), input.Text("description")))
            .Where(static input => input.Name.Length > 0)];

    private static IReadOnlyList<string> ServersOf(JObject skill) =>
        [.. (skill.Object("mcp_tools").Object("mcpServers")?.Properties() ?? []).Select(static server => server.Name)];
}
