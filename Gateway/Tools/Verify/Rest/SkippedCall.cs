namespace Gateway.Tools.Verify.Rest;

/// <summary>A REST call that was not played. Immutable.</summary>
internal sealed record SkippedCall(RestCall Call, string Reason)
{
    public const string NoWebUi = "the target serves no web UI";

    public const string BodyLeftOut = "the recorder left out what was sent";

    public const string ToAnother = "they went to another server";

    public const string NotAsked = "REST is not played";

    public const string WhileDown = "the recorded server was down";
}
