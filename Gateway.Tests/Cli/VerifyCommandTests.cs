using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Xml.Linq;

using Gateway.Tests.Support;

using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Cli;

/// <summary><c>gateway verify</c>, <c>record</c> and <c>import</c> as their users meet them: exit codes, lines, files.</summary>
public sealed class VerifyCommandTests
{
    private static readonly string s_replay = Verification.PathOf("v0/replay-full");

    [Fact]
    public async Task Verify_AllEqual_EndsWithZeroAndWritesTheReports()
    {
        using var folder = TempStore.Empty();

        var (exitCode, output, errors) = await RunAsync(
            "verify", s_replay, Verification.PathOf("v0-0.40/replay-full"), "--jobs", "2", "--junit", folder.PathOf("junit.xml"), "--json",
                folder.PathOf("verify.json"));

        exitCode.Should().Be(0, "{0}{1}", output, errors);
        output.Should().Contain("replay-full").And.Contain("equal").And.Contain("2 of 2 equal.");
        XDocument.Load(folder.PathOf("junit.xml")).Descendants("testcase").Should().HaveCount(2);
        var report = (JArray)WireJson.Parse(File.ReadAllText(folder.PathOf("verify.json")));
        report.Select(static result => result.Value<bool>("equal")).Should().Equal(true, true);
        report[0]["intended"].Should().BeOfType<JObject>();
    }

    [Fact]
    public async Task Verify_EnvironmentOfAServerWithADatabase_LeavesThatAlone()
    {
        await using var verify = GatewayProcess.Start(
            new() { ["Storage__Kind"] = "Postgres", ["DATABASE_URL"] = "postgres://gateway@127.0.0.1:1/none" }, "verify", s_replay);

        (await verify.ExitAsync()).Should().Be(0, verify.Errors);
    }

    [Fact]
    public async Task Verify_Differences_EndsWithOneAndShowsThem()
    {
        using var folder = TempStore.Empty();
        using var fixture = EditedFixture.CopyOf("v0-0.40/replay-full");
        fixture.Messages()[fixture.PlaceOf(9)].Remove();
        fixture.Save();

        var (exitCode, output, _) = await RunAsync("verify", fixture.Folder, "--junit", folder.PathOf("junit.xml"));

        exitCode.Should().Be(1);
        output.Should().Contain("event 9").And.Contain("was not recorded here").And.Contain("0 of 1 equal.");
        XDocument.Load(folder.PathOf("junit.xml")).Descendants("failure").Should().ContainSingle();
    }

    [Fact]
    public async Task Verify_AReportThatCannotBeWritten_IsSaidBeforeTheRun()
    {
        using var folder = TempStore.Empty();

        var (exitCode, output, errors) = await RunAsync("verify", s_replay, "--json", folder.PathOf("none/verify.json"));

        exitCode.Should().Be(2);
        errors.Should().Contain("a report cannot be written");
        output.Should().NotContain("replay-full");
    }

    [Fact]
    public async Task Verify_AWebRootThatIsNone_SaysSoAndEndsWithTwo()
    {
        using var folder = TempStore.Empty();

        await ShouldSayAsync("no index.html", "verify", s_replay, "--web-root", folder.Root);
        await ShouldSayAsync("--target", "verify", s_replay, "--web-root", folder.Root, "--target", "http://127.0.0.1:1");
    }

    [Fact]
    public async Task Verify_Rules_ListsThem()
    {
        var (exitCode, output, _) = await RunAsync("verify", "--rules");

        exitCode.Should().Be(0);
        output.Should().ContainAll("given-twice", "id-order", "live-source", "live-timeout", "state-place", "connect-answered",
            "fixture-ignore", "fixture-unordered");
    }

    [Theory]
    [InlineData("{}", "is no HAR")]
    [InlineData("""{"log":{"version":"1.2","entries":[{""", "is cut off")]
    [InlineData("""{"log":{"version":"3","entries":[]}}""", "unknown version 3")]
    [InlineData("""{"log":{"version":"1.2","entries":[{"request":{"method":"GET","url":"http://x/"}}]}}""", "has no Socket.IO entry")]
    public async Task Verify_ABadFile_SaysWhyInOneLineAndEndsWithTwo(string text, string problem)
    {
        using var folder = TempStore.Empty();
        File.WriteAllText(folder.PathOf("a.har"), text);

        await ShouldSayAsync(problem, "verify", folder.PathOf("a.har"));
    }

    [Theory]
    [InlineData("v0/replay-full")]
    [InlineData("v0/polling-only")]
    public async Task Verify_ATargetThatRefuses_SaysSoAndEndsWithTwo(string name)
    {
        await ShouldSayAsync("Connection refused", "verify", Verification.PathOf(name), "--target", "http://127.0.0.1:1");
    }

    [Theory]
    [InlineData("v0/replay-full")]
    [InlineData("v0/polling-only")]
    public async Task Verify_ATargetWithoutSockets_SaysSoAndEndsWithTwo(string name)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using var server = builder.Build();
        server.Urls.Add("http://127.0.0.1:0");
        await server.StartAsync().WaitAsync(TestLimits.Step);

        await ShouldSayAsync("HTTP 404", "verify", Verification.PathOf(name), "--target", server.Urls.Single());
    }

    [Theory]
    [InlineData("v0/replay-full")]
    [InlineData("v0/polling-only")]
    public async Task Verify_ABadCertificate_SaysSoAndEndsWithTwo(string name)
    {
        await using var server = new BadTlsServer();

        await ShouldSayAsync("certificate", "verify", Verification.PathOf(name), "--target", $"https://127.0.0.1:{server.Port}");
    }

    [Theory]
    [InlineData("no path", "verify")]
    [InlineData("--target", "verify", "x", "--target", "nowhere")]
    [InlineData("does not exist", "verify", "/no/such/file.har")]
    [InlineData("--upstream", "record", "--upstream", "nowhere", "--out", "x")]
    [InlineData("does not exist", "import", "/no/such/file.json", "--out", "x")]
    public async Task Run_BadArguments_SaysWhyInOneLineAndEndsWithTwo(string problem, params string[] arguments) =>
        await ShouldSayAsync(problem, arguments);

    [Fact]
    public async Task Record_OverARecording_IsRefused()
    {
        using var fixture = EditedFixture.CopyOf("v0/replay-full");
        var before = File.ReadAllText(fixture.HarPath);

        await ShouldSayAsync("is not written over", "record", "--listen", "http://127.0.0.1:0", "--upstream", "http://127.0.0.1:1", "--out",
            fixture.Folder);

        File.ReadAllText(fixture.HarPath).Should().Be(before);
    }

    [Fact]
    public async Task Record_NoSuchAddress_SaysSoAndWritesNothing()
    {
        using var folder = TempStore.Empty();

        await ShouldSayAsync("address", "record", "--listen", "http://192.0.2.1:1", "--upstream", "http://127.0.0.1:1", "--out",
            folder.PathOf("out"));

        Directory.Exists(folder.PathOf("out")).Should().BeFalse();
    }

    private static async Task ShouldSayAsync(string problem, params string[] arguments)
    {
        var (exitCode, output, errors) = await RunAsync(arguments);

        exitCode.Should().Be(2, "{0}{1}", output, errors);
        errors.Trim().Should().Contain(problem).And.NotContain("\n");
    }

    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        await using var process = GatewayProcess.Start([], arguments);
        var exitCode = await process.ExitAsync();
        return (exitCode, string.Join('\n', await process.OutputAsync()), process.Errors);
    }

    /// <summary>Speaks TLS with a certificate that nobody trusts. Owns its loop.</summary>
    private sealed class BadTlsServer : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly X509Certificate2 _certificate = TestCertificate.Create("nobody");
        private readonly Task _loop;

        public BadTlsServer()
        {
            _listener.Start();
            _loop = RunAsync();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _loop.WaitAsync(TestLimits.Step);
            _listener.Dispose();
            _certificate.Dispose();
        }

        private async Task RunAsync()
        {
            try
            {
                while (true)
                {
                    using var client = await _listener.AcceptTcpClientAsync();
                    await using var stream = new SslStream(client.GetStream());
                    await ShakeHandsAsync(stream);
                }
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // Stopped.
            }
        }

        private async Task ShakeHandsAsync(SslStream stream)
        {
            try
            {
                await stream.AuthenticateAsServerAsync(_certificate).WaitAsync(TestLimits.Step);
                await stream.ReadAsync(new byte[1]).AsTask().WaitAsync(TestLimits.Step);
            }
            catch (Exception exception) when (exception is IOException or System.Security.Authentication.AuthenticationException)
            {
                // The client does not trust it: that is what it is for.
            }
        }
    }
}
