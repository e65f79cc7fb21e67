using Gateway.Tests.Support;

namespace Gateway.Tests.Tools.Verify;

/// <summary>
/// The recordings of V0 servers are green against a gateway that keeps its conversations in PostgreSQL, and against two that share a
/// database, with the clients split between them. By default a part that has each thing once; all of them with
/// <c>GATEWAY_LONG_TESTS</c>.
/// </summary>
public sealed class DatabaseRecordingsTests
{
    private static readonly string[] s_some =
    [
        "v0/corrupt-event", "v0/late-first-client", "v0/reconnect-mid-run", "v0/server-restart", "v0/stop-resume", "v0/two-clients",
    ];

    private static readonly string[] s_someOfRest = ["v0/rest-list", "v0/rest-settings", "v0/ui-delete"];

    // The recorded agent plays by what the clients of its own process do, and requests are counted by each gateway for itself.
    private static readonly string[] s_ofOneProcess =
    [
        "v0/rest-life", "v0/rest-life-no-agent", "v0/rest-static", "v0/ui-feedback", "v0/ui-microagents", "v0/ui-upload-file",
    ];

    public static TheoryData<string> Recordings => [.. LongTests.Scale(s_some, Verification.CommittedFixtures())];

    public static TheoryData<string> RestRecordings => [.. LongTests.Scale(s_someOfRest, Verification.RestFixtures())];

    public static TheoryData<string> SplitRestRecordings =>
        [.. LongTests.Scale(s_someOfRest, Verification.RestFixtures()).Except(s_ofOneProcess)];

    [Theory]
    [MemberData(nameof(Recordings))]
    public Task Verify_OneGateway_IsEqual(string name) => VerifyAsync(name, gateways: 1, withRest: false);

    [Theory]
    [MemberData(nameof(Recordings))]
    public Task Verify_TwoGateways_IsEqual(string name) => VerifyAsync(name, gateways: 2, withRest: false);

    [Theory]
    [MemberData(nameof(RestRecordings))]
    public Task Verify_OneGatewayWithRest_IsEqual(string name) => VerifyAsync(name, gateways: 1, withRest: true);

    [Theory]
    [MemberData(nameof(SplitRestRecordings))]
    public Task Verify_TwoGatewaysWithRest_IsEqual(string name) => VerifyAsync(name, gateways: 2, withRest: true);

    private static async Task VerifyAsync(string name, int gateways, bool withRest)
    {
        var targets = new DatabaseTargets(gateways, runsCommands: withRest);

        var result = await Verification.RunAsync(Verification.PathOf(name), targets, withRest: withRest);

        result.ShouldBeEqual();
    }
}
