using System.Globalization;
using System.Net.Mime;

using Gateway.Primitives.Json;
using Gateway.Tools.Verify.Rest;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify.Compare;

/// <summary>
/// Compares a target's answer to a REST call with the recorded one: status, then the headers that mean something to a client, then the
/// body. Strict: what may differ is for the rules to say. Pure.
/// </summary>
internal sealed class RestComparer(KnownStore store)
{
    private const int ShownBody = 4_000;

    private static readonly string[] s_headers =
    [
        "content-type", "cache-control", "pragma", "expires", "location", "retry-after", "content-disposition", "allow", "www-authenticate",
        "access-control-allow-origin", "access-control-allow-credentials", "access-control-allow-methods", "access-control-allow-headers",
        "access-control-max-age", "access-control-expose-headers", "content-range",
    ];

    // A server's own, of which it matters that they are there.
    private static readonly string[] s_validators = ["etag", "last-modified", "accept-ranges"];

    private readonly RestBodyComparer _bodies = new(store);

    public IEnumerable<Difference> Compare(RestOutcome outcome)
    {
        var entry = outcome.Call.Entry;
        if (outcome.Status != entry.Status)
        {
            return
            [
                Difference(outcome, "", outcome.Status == 0
                    ? $"got no answer ({outcome.Body})"
                    : string.Create(CultureInfo.InvariantCulture, $"is answered with {outcome.Status}, recorded is {entry.Status}")) with
                {
                    Recorded = Shown(entry.Status, entry.ResponseBody ?? ""),
                    Actual = Shown(outcome.Status, outcome.Body),
                },
            ];
        }

        return CompareHeaders(outcome).Concat(CompareBodies(outcome));
    }

    private static IEnumerable<Difference> CompareHeaders(RestOutcome outcome)
    {
        foreach (var name in s_validators.Where(name => LacksValidator(outcome, name)))
        {
            yield return Difference(outcome, name, $"has no header {name}") with
            {
                Recorded = new JValue(outcome.Call.Entry.ResponseHeader(name)),
            };
        }

        foreach (var name in s_headers.Where(name => IsCompared(name, outcome)))
        {
            var recorded = Normal(name, outcome.Call.Entry.ResponseHeader(name));
            var actual = Normal(name, outcome.Header(name));
            if (recorded != actual)
            {
                yield return Difference(outcome, name, $"has another header {name}") with
                {
                    // An absent header is no JSON null.
                    Recorded = recorded is null ? null : new JValue(recorded),
                    Actual = actual is null ? null : new JValue(actual),
                };
            }
        }
    }

    // Of a file alone: what is made for each request is asked for anew.
    private static bool LacksValidator(RestOutcome outcome, string name)
    {
        var recorded = outcome.Call.Entry;
        return outcome.Call.IsPageAsked
            && recorded.ResponseHeader(name) is not null
            && outcome.Header(name) is null
            && Normal("content-type", recorded.ResponseHeader("content-type")) == Normal("content-type", outcome.Header("content-type"));
    }

    // Without a body there is nothing that has a type.
    private static bool IsCompared(string name, RestOutcome outcome) =>
        name != "content-type" || outcome.Status != StatusCodes.Status304NotModified;

    private IEnumerable<Difference> CompareBodies(RestOutcome outcome)
    {
        var entry = outcome.Call.Entry;
        var isReadable = !entry.IsBodyLeftOut && !entry.HasUnreadableBody && IsText(entry.ResponseHeader("content-type"));
        if (!isReadable || outcome.Call.Method == "HEAD" || entry.ResponseBody is not { } recorded)
        {
            return [];
        }

        if (JsonTree.ReadOrNull(recorded) is not { } left || JsonTree.ReadOrNull(outcome.Body) is not { } right)
        {
            return recorded == outcome.Body
                ? []
                : [Difference(outcome, "", "has another body") with { Recorded = Cut(recorded), Actual = Cut(outcome.Body) }];
        }

        return _bodies.Compare(left, right).Select(found => Difference(outcome, found.Pointer, Shown(found)) with
        {
            Recorded = found.Recorded,
            Actual = found.Actual,
        });
    }

    private static Difference Difference(RestOutcome outcome, string pointer, string what) =>
        new(DifferenceKind.Rest, 0, -1, $"{Short(outcome.Call.ToString())} {what}") { Pointer = pointer, Rest = outcome };

    private static string Shown(BodyDifference found) =>
        $"differs at {(found.Pointer.Length == 0 ? "its root" : found.Pointer)}{(found.What.Length == 0 ? "" : ": " + found.What)}";

    private static JObject Shown(int status, string body) =>
        new() { ["status"] = status, ["body"] = JsonTree.ReadOrNull(Cut(body)) ?? Cut(body) };

    private static string Cut(string text) => text.Length > ShownBody ? text[..ShownBody] + "…" : text;

    private static string Short(string text) => text.Length > 160 ? text[..160] + "…" : text;

    private static bool IsText(string? contentType) => contentType is null
        || contentType.StartsWith("text/", StringComparison.OrdinalIgnoreCase)
        || contentType.Contains("json", StringComparison.OrdinalIgnoreCase);

    /// <summary>The same for two values that say the same: case and blanks of a media type, order of a list of words.</summary>
    private static string? Normal(string name, string? value) => (name, value) switch
    {
        (_, null) => null,
        ("content-type", _) => TryMediaType(value),
        ("cache-control" or "allow" or "access-control-allow-methods" or "access-control-allow-headers", _) =>
            string.Join(", ", value.Split(',').Select(static word => word.Trim().ToLowerInvariant()).Order(StringComparer.Ordinal)),
        _ => value.Trim(),
    };

    private static string TryMediaType(string value)
    {
        try
        {
            var type = new ContentType(value);
            var charset = type.CharSet is { Length: > 0 } given ? $"; charset={given.ToLowerInvariant()}" : "";
            return type.MediaType.ToLowerInvariant() + charset;
        }
        catch (FormatException)
        {
            return value;
        }
    }
}
