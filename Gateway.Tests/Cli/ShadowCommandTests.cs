using System.Text;

using Gateway.Tests.Support;
using Gateway.Tests.Wire.Clients;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Cli;

/// <summary><c>gateway shadow</c> as an operator runs it.</summary>
public sealed class ShadowCommandTests
{
    private const string Key = "the-operators-own-key";

    [Theory]
    [InlineData("--v0 is no http or https URL", "--v0", "nowhere")]
    [InlineData("--candidate is neither in-process nor", "--v0", "http://127.0.0.1:1", "--candidate", "there")]
    [InlineData("needs --store", "--v0", "http://127.0.0.1:1")]
    [InlineData("is no file store of V0's", "--v0", "http://127.0.0.1:1", "--store", ".")]
    [InlineData("--listen is no http URL", "--v0", "http://127.0.0.1:1", "--listen", "https://127.0.0.1:1", "--candidate", "http://127.0.0.1:2")]
    [InlineData("--mode act is for a candidate in this process", "--v0", "http://127.0.0.1:1", "--candidate", "http://127.0.0.1:2", "--mode", "act")]
    [InlineData("--mode is read, act or full", "--v0", "http://127.0.0.1:1", "--candidate", "http://127.0.0.1:2", "--mode", "some")]
    [InlineData("--mode full is for a candidate at an address", "--v0", "http://127.0.0.1:1", "--store", "../../../../protocol-fixtures/v0/acks/store", "--mode", "full")]
    [InlineData("for --mode full", "--v0", "http://127.0.0.1:1", "--candidate", "http://127.0.0.1:2", "--noise", "http://127.0.0.1:3")]
    [InlineData("without a key is for a loopback", "--v0", "http://127.0.0.1:1", "--candidate", "http://127.0.0.1:2", "--operators", "http://0.0.0.0:1")]
    [InlineData("--v0 is where --listen listens", "--v0", "http://127.0.0.1:18415", "--listen", "http://127.0.0.1:18415", "--candidate", "http://127.0.0.1:2")]
    [InlineData("--v0 is where --listen listens", "--v0", "http://localhost:3100", "--listen", "http://*:3100", "--candidate", "http://127.0.0.1:2")]
    [InlineData("--candidate is where --listen listens", "--v0", "http://127.0.0.1:1", "--candidate", "http://127.0.0.1:3100")]
    [InlineData("--noise is where --listen listens", "--v0", "http://127.0.0.1:1", "--candidate", "http://127.0.0.1:2", "--mode", "full", "--noise", "http://127.0.0.1:3100")]
    [InlineData("--report cannot be written", "--v0", "http://127.0.0.1:1", "--candidate", "http://127.0.0.1:2", "--report", "not-there/x.json")]
    public async Task Shadow_BadInput_IsOneLineAndExitCode2(string reason, params string[] arguments)
    {
        await using var command = GatewayProcess.Start([], ["shadow", .. arguments]);

        (await command.ExitAsync()).Should().Be(2);

        command.Errors.Trim().Should().Contain(reason).And.StartWith("shadow: ").And.NotContain("\n");
    }

    [Fact]
    public async Task Shadow_InProcess_ComparesIsSwitchedByItsRouteAndReports()
    {
        using var store = Recording.Named("replay-full").CopyStore();
        using var folder = TempStore.Empty();
        var files = Directory.GetFiles(store.Root, "*", SearchOption.AllDirectories).Order().Select(File.ReadAllText).ToList();
        using var served = TempStore.CopyOf(store.Root);
        await using var server = await GatewayHost.StartAsync(served);
        var port = FreePort();
        await using var shadow = await GatewayProcess.StartListeningAsync(
            new() { ["Operations__Key"] = Key },
            "shadow", "--v0", server.Address.GetLeftPart(UriPartial.Authority), "--store", store.Root,
            "--listen", "http://127.0.0.1:0", "--slow", "20",
            "--operators", $"http://127.0.0.1:{port}", "--report", folder.PathOf("report.json"), "--fixtures", folder.PathOf("fixtures"));
        using var operators = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        (await operators.GetAsync(new Uri("/shadow", UriKind.Relative))).StatusCode.Should().Be(System.Net.HttpStatusCode.Unauthorized);
        using var browser = new HttpClient { BaseAddress = operators.BaseAddress };
        browser.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"anyone:{Key}")));
        (await browser.PostAsync(new Uri("/shadow/off", UriKind.Relative), null)).StatusCode
            .Should().Be(System.Net.HttpStatusCode.Unauthorized, "another page may have asked");
        operators.DefaultRequestHeaders.Add("X-Operator-Key", Key);

        await VisitAsync(shadow.Address, store.Conversations().Single());
        var state = await UntilAsync(operators, static state => state.Value<int>("compared") == 1);
        state.Value<int>("equal").Should().Be(1, "{0}", state);
        (await browser.GetStringAsync(new Uri("/", UriKind.Relative))).Should().Contain("1 compared, all equal.");
        (await operators.PostAsync(new Uri("/shadow/off", UriKind.Relative), null)).EnsureSuccessStatusCode();
        await VisitAsync(shadow.Address, store.Conversations().Single());
        (await UntilAsync(operators, static state => !state.Value<bool>("comparing"))).Value<int>("compared").Should().Be(1);
        await shadow.SignalAsync("USR1");
        await UntilAsync(operators, static state => state.Value<bool>("comparing"));
        await shadow.TerminateAsync();

        (await shadow.ExitAsync()).Should().Be(2, "what went through while it was off was not compared");
        var report = JObject.Parse(File.ReadAllText(folder.PathOf("report.json")));
        report["partialBecause"]!.Values<string>().Should().ContainSingle().Which.Should().Contain("an operator turned it off");
        report["groups"].Should().BeOfType<JArray>();
        Directory.GetFiles(store.Root, "*", SearchOption.AllDirectories).Order().Select(File.ReadAllText).Should()
            .Equal(files, "V0's store is read only");
    }

    [Fact]
    public async Task Shadow_AStoreHalfCopied_IsAPartialReport()
    {
        using var store = Recording.Named("replay-full").CopyStore();
        using var half = TempStore.CopyOf(store.Root);
        using var folder = TempStore.Empty();
        var conversation = store.Conversations().Single();
        foreach (var id in store.Events(conversation).Keys.Skip(10))
        {
            File.Delete(half.PathOf("sessions", conversation, "events", $"{id}.json"));
        }

        await using var server = await GatewayHost.StartAsync(store);
        await using var shadow = await GatewayProcess.StartListeningAsync(
            [],
            "shadow", "--v0", server.Address.GetLeftPart(UriPartial.Authority), "--store", half.Root,
            "--listen", "http://127.0.0.1:0", "--report", folder.PathOf("report.json"));
        await VisitAsync(shadow.Address, conversation);
        await shadow.TerminateAsync();

        (await shadow.ExitAsync()).Should().Be(2);

        shadow.Errors.Trim().Should().Contain("the store lacks events that V0 has sent").And.NotContain("\n");
        var report = JObject.Parse(File.ReadAllText(folder.PathOf("report.json")));
        report.Value<bool>("partial").Should().BeTrue();
        report["dropped"]?.Value<int>("store-behind").Should().Be(1);
    }

    [Fact]
    public async Task Shadow_V0GoesAwayInTheMiddle_SaysItAndEndsWith2()
    {
        using var store = Recording.Named("replay-full").CopyStore();
        var server = await GatewayHost.StartAsync(store);
        await using var shadow = await GatewayProcess.StartListeningAsync(
            [],
            "shadow", "--v0", server.Address.GetLeftPart(UriPartial.Authority), "--candidate", "http://127.0.0.1:1",
            "--listen", "http://127.0.0.1:0", "--json");
        await server.DisposeAsync();
        using var http = new HttpClient { BaseAddress = shadow.Address };

        var asking = async () => await http.GetAsync(new Uri("/alive", UriKind.Relative)).WaitAsync(TestLimits.Step);

        await asking.Should().ThrowAsync<HttpRequestException>("without shadow nobody would be there either");
        await shadow.TerminateAsync();
        (await shadow.ExitAsync()).Should().Be(2);
        shadow.Errors.Should().Contain("V0 cannot be reached");
    }

    private static async Task VisitAsync(Uri address, string conversation)
    {
        await using var client = new HandWrittenClient([]);
        await client.ConnectAsync(new Visit(address, conversation));
        await client.ReadAsync("connect");
        await client.LeaveAsync();
    }

    private static Task<JObject> UntilAsync(HttpClient operators, Func<JObject, bool> isSo) => Eventually.GetAsync(
        async () => JObject.Parse(await operators.GetStringAsync(new Uri("/shadow", UriKind.Relative)).WaitAsync(TestLimits.Step)),
        isSo,
        "the shadow says so");

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}
