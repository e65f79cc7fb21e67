using Gateway.Tools.Verify.Rules;

namespace Gateway.Tools.Verify.Features;

/// <summary>What a feature is a part of. The order is that of every list.</summary>
internal enum FeatureGroup
{
    Client,
    Connect,
    Packet,

    /// <summary>What clients ask of an agent.</summary>
    Sent,

    /// <summary>What a conversation's log holds.</summary>
    Log,
    Route,

    /// <summary>Sizes and rates.</summary>
    Load,

    /// <summary>What V0 does by accident, or what is done better on purpose: a rule of verify's each.</summary>
    Accident,

    /// <summary>What a recording cannot tell, or what is a matter of timing: a rule of verify's each.</summary>
    Recording,
}

/// <summary>How Gateway answers a feature of V0's.</summary>
internal enum FeatureAnswer
{
    /// <summary>As V0 does.</summary>
    Same,

    /// <summary>As V0 does, but for what a named rule of verify's says.</summary>
    ByRule,

    /// <summary>A client notices.</summary>
    Different,

    NotServed,
}

/// <summary>How Gateway stands in V0's place.</summary>
internal enum Deployment
{
    /// <summary>On V0's own store, without an agent.</summary>
    Alone,

    /// <summary>With a V1 server that does the work.</summary>
    BeforeV1,
}

/// <summary>A feature's answer in one way of deployment.</summary>
/// <param name="Note">What a reader must know of it; empty where there is nothing to say.</param>
internal readonly record struct FeatureReply(FeatureAnswer Answer, string Note = "")
{
    public static FeatureReply Same { get; } = new(FeatureAnswer.Same);

    public static FeatureReply Different(string note) => new(FeatureAnswer.Different, note);

    public static FeatureReply NotServed(string note) => new(FeatureAnswer.NotServed, note);
}

/// <summary>
/// Something that clients of V0 may use or meet: what it is, how a session shows it, and what becomes of it. Immutable. One table has all,
/// see <see cref="FeatureTable"/>.
/// </summary>
/// <param name="Name">In reports and options; of a family of kinds, <c>family:kind</c>, <c>*</c> for any kind without a row.</param>
/// <param name="What">What it is, for a reader.</param>
/// <param name="SeenAs">How a recording, a store or a gateway's own counts show it.</param>
internal sealed record Feature(string Name, FeatureGroup Group, string What, string SeenAs)
{
    /// <summary>The rule by which verify tells it from a fault; null where there is none.</summary>
    public DifferenceRule? Rule { get; private init; }

    public FeatureReply Alone { get; init; } = FeatureReply.Same;

    public FeatureReply BeforeV1 { get; init; } = FeatureReply.Same;

    public FeatureReply In(Deployment deployment) => deployment == Deployment.Alone ? Alone : BeforeV1;

    /// <summary>What V0 does otherwise than Gateway, by the rule that says so.</summary>
    public static Feature OfAccident(DifferenceRule rule, string seenAs) => Of(rule, FeatureGroup.Accident, seenAs);

    /// <summary>What a comparison with a recording must leave open, by the rule that says so.</summary>
    public static Feature OfRecording(DifferenceRule rule, string seenAs) => Of(rule, FeatureGroup.Recording, seenAs);

    private static Feature Of(DifferenceRule rule, FeatureGroup group, string seenAs) =>
        new(rule.Name, group, rule.Reason, seenAs)
        {
            Rule = rule,
            Alone = new FeatureReply(FeatureAnswer.ByRule),
            BeforeV1 = new FeatureReply(FeatureAnswer.ByRule),
        };
}
