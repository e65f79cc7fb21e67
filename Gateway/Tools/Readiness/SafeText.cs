using System.Globalization;

using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Readiness;

/// <summary>What of a session may stand in a report: words of the protocol, sizes and outlines; no text of a user's. Pure.</summary>
internal static class SafeText
{
    private const int MaxWord = 64;

    private const string Withheld = "not shown";

    // Whatever stands in them, a user named it.
    private static readonly string[] s_named = ["env", "headers", "custom_secrets", "provider_tokens", "arguments", "inputs", "outputs"];

    private static readonly (long Bytes, string Name)[] s_sizes =
    [
        (1_024, "up to 1 KiB"), (16 * 1_024, "up to 16 KiB"), (256 * 1_024, "up to 256 KiB"), (1_024 * 1_024, "up to 1 MiB"),
        (4 * 1_024 * 1_024, "up to 4 MiB"),
    ];

    private static readonly long[] s_counts = [1, 10, 100, 1_000, 10_000, 100_000];

    /// <summary>A word of a protocol's, as the kind of an event; what is none is not shown.</summary>
    public static string Word(string text) =>
        text.Length is > 0 and <= MaxWord && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '$' or '-' or '.' or '/')
            ? text
            : Withheld;

    public static string Size(long bytes) =>
        s_sizes.Where(size => bytes <= size.Bytes).Select(static size => size.Name).FirstOrDefault() ?? "more than 4 MiB";

    public static string Count(long count) => s_counts.Where(most => count <= most)
        .Select(static most => most == 1 ? "1" : string.Create(CultureInfo.InvariantCulture, $"up to {most}"))
        .FirstOrDefault() ?? "more than 100000";

    /// <summary>The names and types of its fields, without names that users give.</summary>
    public static string Outline(JToken sample)
    {
        if (sample is not JContainer)
        {
            return JsonOutline.Of(sample);
        }

        var copy = (JContainer)sample.DeepClone();
        var named = copy.DescendantsAndSelf().OfType<JProperty>()
            .Where(static property => s_named.Contains(property.Name) && property.Value is JObject)
            .ToList();
        foreach (var property in named)
        {
            property.Value = new JObject();
        }

        return JsonOutline.Of(copy);
    }
}
