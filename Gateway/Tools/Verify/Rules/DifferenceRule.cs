using Gateway.Tools.Verify.Compare;

namespace Gateway.Tools.Verify.Rules;

/// <summary>
/// A difference that is meant: what V0 does by accident, or what is done better on purpose. A rule excuses only what it can account
/// for from the recording itself; whatever no rule accounts for is a difference. Stateless and thread-safe.
/// </summary>
internal abstract class DifferenceRule
{
    public abstract string Name { get; }

    /// <summary>One sentence for the list of rules and the reports.</summary>
    public abstract string Reason { get; }

    public abstract bool Allows(Difference finding, ConnectionPair pair);
}
