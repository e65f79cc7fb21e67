using Gateway.Tools.Verify.Features;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Readiness;

/// <summary>A feature that was seen once, or a number of times at a stroke. Immutable.</summary>
/// <param name="Feature">Its row in the table.</param>
/// <param name="Variant">Which of its forms: a version, a size, a state. Never a text of a user's; empty where it has one form.</param>
internal sealed record Sighting(Feature Feature, string Variant = "")
{
    /// <summary>Which program did it or met it; empty when that is not known.</summary>
    public string Client { get; init; } = "";

    public DateTimeOffset? First { get; init; }

    public DateTimeOffset? Last { get; init; }

    public long Count { get; init; } = 1;

    /// <summary>What went over the wire or lies in the store. Only its outline is ever kept.</summary>
    public JToken? Sample { get; init; }

    /// <summary>The family's row for this kind. The kind itself is the variant where no row has it.</summary>
    public static Sighting OfKind(string family, string kind)
    {
        var feature = FeatureTable.OfKind(family, kind);
        return new Sighting(feature, feature.Name.EndsWith(FeatureTable.AnyKind, StringComparison.Ordinal) ? SafeText.Word(kind) : "");
    }

    public static Sighting Of(string feature, string variant = "") =>
        new(FeatureTable.Find(feature) ?? throw new ArgumentException($"There is no feature {feature}.", nameof(feature)), variant);

    public Sighting By(string client, DateTimeOffset? time) => this with { Client = client, First = Known(time), Last = Known(time) };

    private static DateTimeOffset? Known(DateTimeOffset? time) => time > DateTimeOffset.UnixEpoch ? time : null;
}
