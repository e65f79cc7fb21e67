using System.Globalization;

using Gateway.Tests.Support;
using Gateway.Tools.Verify;
using Gateway.Tools.Verify.Play;

namespace Gateway.Tests.Tools.Verify;

/// <summary>
/// Every committed recording of a V0 server is green against a program of its own over real sockets. A program for each takes its time, so
/// they are in parts that run beside one another.
/// </summary>
public static class ServedRecordingsTests
{
    private const int Parts = 4;

    private static async Task VerifyAsync(string name)
    {
        using var store = new Recording(name).CopyStore();
        await using var gateway = await StartAsync(store, name, "recorded");

        var result = await Verification.RunAsync(Verification.PathOf(name), new UrlTarget(gateway.Address));

        result.ShouldBeEqual();
    }

    private static TheoryData<string> Part(int number) =>
        [.. Verification.CommittedFixtures().Where((_, index) => index % Parts == number)];

    // What the recorded server was set to is in the recording; it is what an operator would set.
    private static Task<GatewayProcess> StartAsync(TempStore store, string name, string agent)
    {
        var fixture = FixtureLoader.LoadAll([Verification.PathOf(name)]).Single().Fixture
            ?? throw new InvalidOperationException("No fixture.");
        var settings = TargetSettingsReader.Read(new Gateway.Tools.Verify.Wire.RecordedSession(fixture));
        var environment = new Dictionary<string, string>
        {
            ["FILE_STORE_PATH"] = store.Root,
            ["SESSION_API_KEY"] = settings.SessionApiKey ?? "",
            ["MAX_CONCURRENT_CONVERSATIONS"] = settings.MaxConcurrentConversations.ToString(CultureInfo.InvariantCulture),
        };
        return GatewayProcess.StartListeningAsync(environment, "--agent", agent, "--Recorded:Path", fixture.HarPath);
    }

    public sealed class First
    {
        public static TheoryData<string> Recordings => Part(0);

        [Theory]
        [MemberData(nameof(Recordings))]
        public Task Verify_OverASocket_IsEqual(string name) => VerifyAsync(name);
    }

    public sealed class Second
    {
        public static TheoryData<string> Recordings => Part(1);

        [Theory]
        [MemberData(nameof(Recordings))]
        public Task Verify_OverASocket_IsEqual(string name) => VerifyAsync(name);
    }

    public sealed class Third
    {
        public static TheoryData<string> Recordings => Part(2);

        [Theory]
        [MemberData(nameof(Recordings))]
        public Task Verify_OverASocket_IsEqual(string name) => VerifyAsync(name);
    }

    public sealed class Fourth
    {
        public static TheoryData<string> Recordings => Part(3);

        [Theory]
        [MemberData(nameof(Recordings))]
        public Task Verify_OverASocket_IsEqual(string name) => VerifyAsync(name);
    }

    public sealed class WithoutTheAgent
    {
        [Theory]
        [InlineData("v0/message-live")]
        [InlineData("v0/server-restart")]
        [InlineData("v0/polling-upgrade")]
        [InlineData("v0/key-refusals")]
        [InlineData("v0-0.40/replay-full")]
        public async Task Verify_ReplayOnly_IsEqual(string name)
        {
            using var store = new Recording(name).CopyStore();
            await using var gateway = await StartAsync(store, name, "none");

            var result = await Verification.RunAsync(Verification.PathOf(name), new UrlTarget(gateway.Address), replayOnly: true);

            result.ShouldBeEqual();
        }
    }
}
