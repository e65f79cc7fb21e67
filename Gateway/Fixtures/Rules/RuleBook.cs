using Gateway.Fixtures.Compare;

namespace Gateway.Fixtures.Rules;

/// <summary>All rules, and the judgement over what a comparison found. Pure and thread-safe.</summary>
internal static class RuleBook
{
    /// <summary>The first that excuses a finding is the one that is counted.</summary>
    public static IReadOnlyList<DifferenceRule> Rules { get; } =
    [
        new UnansweredConnectRule(),
        new OpenedEarlierRule(),
        new RefusedIdRule(),
        new RefusalClosesRule(),
        new DisconnectClosesRule(),
        new ErrorObjectRule(),
        new AnnouncedLimitsRule(),
        new GivenTwiceRule(),
        new LeftOutOfReplayRule(),
        new NeverSentLiveRule(),
        new KnownToClientRule(),
        new StatePlaceRule(),
        new IdOrderRule(),
        new LiveSourceRule(),
        new LiveTimeoutRule(),
        new AheadOfRecordingRule(),
        new RestartNotPlayedRule(),
        new LeftAlreadyRule(),
        new SaidToAnotherRule(),
        new PartlyRecordedRule(),
        new LaterArgumentsRule(),
        new StoppedStateRule(),
        new BadActionAnsweredRule(),
        new ActionKeptRule(),
        new MalformedClosesRule(),
        new CloseCodeRule(),
        new SkippedRestRule(),
        new HttpErrorFormRule(),
        new BodyRefusedRule(),
        new PreflightRule(),
        new NoAnswerRecordedRule(),
    ];

    /// <summary>The rules, and those of the fixture itself.</summary>
    public static IReadOnlyList<DifferenceRule> For(FixtureInfo info) => [.. Rules, new FixtureIgnoreRule(info), new FixtureUnorderedRule(info)];

    public static Judgement Judge(IEnumerable<Finding> findings, ConnectionPair pair, IReadOnlyList<DifferenceRule> rules)
    {
        var differences = new List<Finding>();
        var intended = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var finding in findings)
        {
            if (rules.FirstOrDefault(rule => rule.Excuses(finding, pair)) is { } rule)
            {
                intended[rule.Name] = intended.GetValueOrDefault(rule.Name) + 1;
            }
            else
            {
                differences.Add(finding);
            }
        }

        return new Judgement(differences, intended);
    }
}

/// <summary>What is left of a comparison: differences, and how often each rule was used.</summary>
internal sealed record Judgement(IReadOnlyList<Finding> Differences, IReadOnlyDictionary<string, int> Intended);
