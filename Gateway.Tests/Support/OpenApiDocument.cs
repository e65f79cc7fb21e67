using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>
/// The part of an agent-server's OpenAPI document that names its kinds, in the server's form: unions of references, and schemas whose
/// <c>kind</c> is a constant. Pure.
/// </summary>
internal static class OpenApiDocument
{
    public static JObject With(params string[] more)
    {
        var events = Of(more, "Event").Concat(["ActionEvent", "Condensation", "MessageEvent", "UserRejectObservation"]).ToList();
        var actions = Of(more, "Action").Append("FinishAction").ToList();
        var observations = Of(more, "Observation").Append("FinishObservation").ToList();
        var schemas = new JObject
        {
            ["Event"] = Union(events),
            ["Action-Input"] = Union(actions),
            ["Action-Output"] = Union(actions),
            ["Observation"] = Union(observations),
            ["Agent"] = Schema("Agent"),
            ["LocalWorkspace"] = Schema("LocalWorkspace"),
            ["HTTPValidationError"] = new JObject { ["type"] = "object", ["properties"] = new JObject() },
        };
        foreach (var kind in events.Concat(actions).Concat(observations).Append("TerminalAction"))
        {
            schemas[kind] = Schema(kind);
        }

        return new JObject { ["openapi"] = "3.1.0", ["components"] = new JObject { ["schemas"] = schemas } };
    }

    private static IEnumerable<string> Of(string[] kinds, string suffix) =>
        kinds.Where(kind => kind.EndsWith(suffix, StringComparison.Ordinal));

    private static JObject Union(IEnumerable<string> kinds) => new()
    {
        ["oneOf"] = new JArray(kinds.Select(static kind => new JObject { ["$ref"] = $"#/components/schemas/{kind}" })),
        ["discriminator"] = new JObject { ["propertyName"] = "kind" },
    };

    private static JObject Schema(string kind) => new()
    {
        ["type"] = "object",
        ["properties"] = new JObject
        {
            ["kind"] = new JObject { ["type"] = "string", ["const"] = kind, ["default"] = kind, ["title"] = "Kind" },
            ["name"] = new JObject { ["type"] = "string" },
        },
    };
}
