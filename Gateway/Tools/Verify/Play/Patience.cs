using Gateway.Tools.Verify.Wire;

namespace Gateway.Tools.Verify.Play;

/// <summary>
/// How long steps wait for what a target owes one connection. What one step waited for in vain is waited for once, not at every later
/// step: what lacks by number is taken off what is owed from then on, and the target keeps its whole time for the rest. A target that
/// lacks anything else, or lacks again, gets little time from then on. Used by one player.
/// </summary>
internal sealed class Patience(TimeSpan stepTimeout)
{
    /// <summary>Time for what perhaps is not owed, and for what a target owes that let steps wait in vain.</summary>
    public static readonly TimeSpan Short = TimeSpan.FromMilliseconds(250);

    private Expectation? _missed;
    private Expectation? _perhapsMissed;
    private Shortfall? _shortfall;
    private bool _isShort;

    /// <summary>What is still waited for of <paramref name="owed"/>; null: nothing new since a step waited in vain.</summary>
    public Expectation? StillOwed(Expectation owed, bool mayBeMissing)
    {
        var still = owed.Without(_shortfall ?? default);
        return still == (mayBeMissing ? _perhapsMissed : _missed) ? null : still;
    }

    public TimeSpan LimitFor(bool mayBeMissing) => mayBeMissing || _isShort ? Short : stepTimeout;

    /// <summary>A step waited for <paramref name="stillOwed"/> in vain: <paramref name="actual"/> is all that came.</summary>
    public void Missed(Expectation stillOwed, bool mayBeMissing, ConnectionView actual, EventIdMap ids)
    {
        if (mayBeMissing)
        {
            // What is perhaps not owed says nothing about the target.
            _perhapsMissed = stillOwed;
            return;
        }

        var shortfall = stillOwed.ShortfallOf(actual);
        if (_shortfall is null && stillOwed.Without(shortfall).IsMetBy(actual, ids))
        {
            _shortfall = shortfall;
            return;
        }

        _missed = stillOwed;
        _isShort = true;
    }
}

/// <summary>What a connection lacks that is owed by number.</summary>
internal readonly record struct Shortfall(int Answers, int TransientMessages, int Acks);
