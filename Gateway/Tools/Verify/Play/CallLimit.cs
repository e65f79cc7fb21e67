using Gateway.Tools.Verify.Rest;

namespace Gateway.Tools.Verify.Play;

/// <summary>
/// What V0's limit of calls (20 in a second are answered, the last ten of them a second later) makes of calls that were played again:
/// they may have come more slowly than then, and those that are under way at one time in another order. Pure.
/// </summary>
internal static class CallLimit
{
    private const int Refused = StatusCodes.Status429TooManyRequests;
    private const int AnsweredInASecond = 20;

    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    // An answer that was held for a second, on a machine that is busy.
    private static readonly TimeSpan s_longestHold = TimeSpan.FromSeconds(1.2);

    /// <summary>The same answers, and those marked that V0 would have given as well (<see cref="RestOutcome.IsByLimit"/>).</summary>
    /// <param name="outcomes">Of all calls, in the order in which they were sent.</param>
    public static IReadOnlyList<RestOutcome> Mark(IReadOnlyList<RestOutcome> outcomes)
    {
        var marked = new HashSet<RestOutcome>(ReferenceEqualityComparer.Instance);

        // Those that changed places first: one of the two may look slow as well, and the other is to be told all the same.
        foreach (var refused in outcomes.Where(IsRefused))
        {
            if (outcomes.FirstOrDefault(one => IsAnswered(one) && !marked.Contains(one) && WereUnderWay(one, refused)) is { } answered)
            {
                marked.Add(refused);
                marked.Add(answered);
            }
        }

        for (var i = 0; i < outcomes.Count; i++)
        {
            if (IsAnswered(outcomes[i]) && CameBefore(outcomes, i) <= AnsweredInASecond)
            {
                marked.Add(outcomes[i]);
            }
        }

        return [.. outcomes.Select(outcome => marked.Contains(outcome) ? outcome with { IsByLimit = true } : outcome)];
    }

    /// <summary>As recorded it was refused, and here it was not.</summary>
    private static bool IsAnswered(RestOutcome outcome) => outcome.Call.Entry.Status == Refused && IsOther(outcome.Status);

    /// <summary>The other way round.</summary>
    private static bool IsRefused(RestOutcome outcome) => IsOther(outcome.Call.Entry.Status) && outcome.Status == Refused;

    private static bool IsOther(int status) => status is > 0 and < 500 and not Refused;

    /// <summary>At one time: neither was answered before the other was sent, so either may have come first.</summary>
    private static bool WereUnderWay(RestOutcome one, RestOutcome other) =>
        one.SentAt < other.SentAt + other.Took && other.SentAt < one.SentAt + one.Took;

    /// <summary>The calls of the second before it, itself included, had it come as late as it can have.</summary>
    private static int CameBefore(IReadOnlyList<RestOutcome> outcomes, int index)
    {
        var outcome = outcomes[index];
        var held = outcome.Took >= s_second && outcome.Took <= s_longestHold ? s_second : TimeSpan.Zero;
        var begin = outcome.SentAt + outcome.Took - held - s_second;
        return outcomes.Take(index + 1).Count(other => other.SentAt > begin);
    }
}
