namespace Gateway.Tools.Verify.Features;

/// <summary>The rows about sizes and rates: in each session the largest is what counts. Pure.</summary>
internal static class LoadFeatures
{
    public static IReadOnlyList<Feature> All { get; } =
    [
        Row("size:client-message", "The largest message of a client", "the longest frame or polling body of a session",
            "up to 4 MiB, as with V0 (Engine:MaxPayloadBytes)"),
        Row("size:server-message", "The largest message of the server", "the longest frame of a session", ""),
        Row("size:log", "The length of a log", "the highest id of a conversation", ""),
        Row("rate:actions", "Actions of one client in a second", "the most oh_user_action within one second",
            "up to 1,000 (Conversations:ActionsPerSecond)"),
        Row("rate:events", "Events to one client in a second, live", "the most oh_event within one second after CONNECT", ""),
        Row("rate:rest", "REST calls in a second", "the most calls within one second",
            "V0's limit of 10 is kept (HttpApi:RateLimit)"),
        Row("rate:clients", "Clients at one time in one conversation", "sessions of one conversation that overlap", ""),
    ];

    private static Feature Row(string name, string what, string seenAs, string note) => new(name, FeatureGroup.Load, what, seenAs)
    {
        Alone = new(FeatureAnswer.Same, note),
        BeforeV1 = new(FeatureAnswer.Same, note),
    };
}
