using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Translation;

/// <summary>A word that a server says it may send.</summary>
/// <param name="Group"><c>event</c>, <c>action</c> or <c>observation</c>.</param>
/// <param name="IsKnown">The <see cref="KindTable"/> has a row for it.</param>
internal sealed record ServerKind(string Group, string Name, bool IsKnown);

/// <summary>
/// The kinds of event, action and observation that an agent-server describes in its OpenAPI document: the members of the three unions, each
/// a schema whose <c>kind</c> has one value, and any other schema that is called like one. Pure; a document of any shape gives what it has.
/// </summary>
internal static class ServerKinds
{
    private const string SchemaPath = "#/components/schemas/";

    // Deeper nesting of unions than this is none of the server's.
    private const int MaxDepth = 8;

    private static readonly (string Group, string Suffix, Func<string, bool> IsKnown)[] s_groups =
    [
        // In this order: one event is called like an observation.
        ("event", "Event", static name => KindTable.FindEvent(name) is not null),
        ("action", "Action", static name => KindTable.FindAction(name) is not null),
        ("observation", "Observation", static name => KindTable.FindObservation(name) is not null),
    ];

    /// <summary>By group and name; nothing when the document is not an agent-server's.</summary>
    public static IReadOnlyList<ServerKind> Read(JObject openApi)
    {
        var schemas = openApi.Object("components").Object("schemas") ?? [];
        var groups = s_groups.ToDictionary(
            static group => group.Group, group => MembersOf(schemas, group.Suffix).ToHashSet(StringComparer.Ordinal));
        foreach (var schema in schemas.Properties())
        {
            var kind = KindOf(schema.Value);
            if (kind is not null && !groups.Values.Any(members => members.Contains(kind)) && GroupOf(kind) is { } group)
            {
                groups[group].Add(kind);
            }
        }

        // A server that describes no events is none of V1's, whatever else is called so.
        return groups["event"].Count == 0 ? [] :
        [
            .. s_groups.SelectMany(group => groups[group.Group]
                .Order(StringComparer.Ordinal)
                .Select(name => new ServerKind(group.Group, name, group.IsKnown(name)))),
        ];
    }

    private static string? GroupOf(string kind) => s_groups
        .Where(group => group.IsKnown(kind) || kind.EndsWith(group.Suffix, StringComparison.Ordinal))
        .Select(static group => group.Group)
        .FirstOrDefault();

    /// <summary>The kinds within a union of that name; pydantic may say <c>Event</c>, <c>Event-Output</c> or <c>EventBase</c>.</summary>
    private static IEnumerable<string> MembersOf(JObject schemas, string union) => schemas.Properties()
        .Where(schema => schema.Name == union
            || schema.Name == $"{union}Base"
            || schema.Name.StartsWith($"{union}-", StringComparison.Ordinal)
            || schema.Name.StartsWith($"{union}Base-", StringComparison.Ordinal))
        .SelectMany(schema => KindsWithin(schemas, schema.Value, MaxDepth));

    private static IEnumerable<string> KindsWithin(JObject schemas, JToken? schema, int depth)
    {
        if (depth == 0)
        {
            return [];
        }

        if (KindOf(schema) is { } kind)
        {
            return [kind];
        }

        var parts = schema.Objects("oneOf").Concat(schema.Objects("anyOf"));
        return parts.SelectMany(part => part.TextOrNull("$ref") is { } reference
            ? KindsWithin(schemas, schemas[Name(reference)], depth - 1)
            : KindsWithin(schemas, part, depth - 1));
    }

    private static string Name(string reference) =>
        reference.StartsWith(SchemaPath, StringComparison.Ordinal) ? reference[SchemaPath.Length..] : "";

    private static string? KindOf(JToken? schema)
    {
        var kind = schema.Object("properties").Object("kind");
        return kind.TextOrNull("const") ?? (kind?["enum"] is JArray { Count: 1 } values ? values[0].AsText() : null);
    }
}
