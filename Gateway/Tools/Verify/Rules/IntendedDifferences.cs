using Gateway.Tools.Verify.Compare;

namespace Gateway.Tools.Verify.Rules;

/// <summary>All rules, and what they make of what a comparison found. Pure and thread-safe.</summary>
internal static class IntendedDifferences
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
        new LostBeforeJoinRule(),
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
        new ApiPathRule(),
        new TrailingSlashRule(),
        new NoWebUiRule(),
        new MissingAssetRule(),
        new OtherBuildRule(),
        new KeptFromBeforeRule(),
        new ServerFiguresRule(),
        new AllowHeaderRule(),
        new ApiDescriptionRule(),
        new ZeroByteRule(),
        new NoRestAnswerRecordedRule(),
        new TimeWithoutZoneRule(),
        new SameTimeOrderRule(),
        new UnknownStoreRule(),
        new RefusedCreateRule(),
        new NoSecretsRule(),
        new BranchesAsListRule(),
        new StartWithoutBodyRule(),
        new StartingForEverRule(),
        new AheadOfAnswerRule(),
        new LaterFieldsRule(),
        new StoppedForRoomRule(),
        new TooOldByNowRule(),
        new PartialSettingsRule(),
        new V1DisabledRule(),
        new McpKeysRule(),
        new MigratedSecretsRule(),
        new BranchListRule(),
        new UploadReasonRule(),
        new FileOrderRule(),
        new ChangesWithBlankRule(),
        new DeletedFileDiffRule(),
        new NoEditorRule(),
        new UnknownWorkspaceRule(),
    ];

    /// <summary>The rules, and those of the fixture itself.</summary>
    public static IReadOnlyList<DifferenceRule> For(FixtureInfo info) =>
        [.. Rules, new FixtureIgnoreRule(info), new FixtureUnorderedRule(info)];

    public static ClassifiedDifferences Classify(IEnumerable<Difference> findings, ConnectionPair pair, IReadOnlyList<DifferenceRule> rules)
    {
        var differences = new List<Difference>();
        var intended = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var finding in findings)
        {
            if (rules.FirstOrDefault(rule => rule.Allows(finding, pair)) is { } rule)
            {
                intended[rule.Name] = intended.GetValueOrDefault(rule.Name) + 1;
            }
            else
            {
                differences.Add(finding);
            }
        }

        return new ClassifiedDifferences(differences, intended);
    }
}

/// <summary>What is left of a comparison: differences, and how often each rule was used.</summary>
internal sealed record ClassifiedDifferences(IReadOnlyList<Difference> Differences, IReadOnlyDictionary<string, int> Intended);
