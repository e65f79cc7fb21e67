using Gateway.Tools.Verify.Compare;

using Newtonsoft.Json.Linq;

namespace Gateway.Tools.Verify.Rules;

/// <summary>What a fixture's own <c>ignore</c> excuses.</summary>
internal sealed class FixtureIgnoreRule(FixtureInfo info) : DifferenceRule
{
    public override string Name => "fixture-ignore";

    public override string Reason => "The fixture says (fixture.json, ignore) that this place in an event does not count.";

    public override bool Allows(Difference finding, ConnectionPair pair) =>
        finding.Kind == DifferenceKind.ChangedField && info.Ignore.Any(pattern => JsonComparer.Covers(pattern, finding.Pointer));
}

/// <summary>What a fixture's own <c>unordered</c> excuses.</summary>
internal sealed class FixtureUnorderedRule(FixtureInfo info) : DifferenceRule
{
    public override string Name => "fixture-unordered";

    public override string Reason => "The fixture says (fixture.json, unordered) that these events may come in any order.";

    public override bool Allows(Difference finding, ConnectionPair pair) =>
        finding is { Kind: DifferenceKind.Order, Actual: JArray { Count: 2 } order }
        && info.Unordered.Any(window => order.All(id => id.Value<int>() >= window.From && id.Value<int>() <= window.To));
}
