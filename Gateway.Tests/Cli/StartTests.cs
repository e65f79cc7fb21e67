using Gateway.Tests.Support;

namespace Gateway.Tests.Cli;

/// <summary>What keeps the program from starting is one line for each reason, exit code 2, and no stack.</summary>
public sealed class StartTests
{
    [Fact]
    public async Task Serve_BadSettings_NamesEveryOneInALineOfItsOwn()
    {
        await ShouldSayAsync(
            7, ["nobody", "Engine:PingInterval", "Engine:MaxSessions", "OutboundPackets", "CloseDelay", "MaxAttachments",
                "ClientWaitTimeoutSeconds"],
            "--agent", "nobody", "--Engine:PingInterval", "soon", "--Engine:MaxSessions", "many", "--Engine:OutboundPackets", "1",
            "--CloseDelay", "-1", "--SocketIO:MaxAttachments", "0", "--CLIENT_WAIT_TIMEOUT", "-5");
    }

    [Theory]
    [InlineData("Engine:PingInterval is '10'; a time span is written hh:mm:ss: 00:00:10", "--Engine:PingInterval=10")]
    [InlineData("CloseDelay (Conversations:CloseDelay) is '3600'; a time span is written hh:mm:ss: 01:00:00", "--CloseDelay", "3600")]
    [InlineData("CLIENT_WAIT_TIMEOUT (Conversations:ClientWaitTimeoutSeconds) is 'soon'; it must be a number", "--CLIENT_WAIT_TIMEOUT",
        "soon")]
    [InlineData("Kestrel:Limits:MaxConcurrentConnections", "--Kestrel:Limits:MaxConcurrentConnections", "few")]
    [InlineData("Storage:Durability is 'disk'; it must be one of Os, Fsync", "--Storage:Durability", "disk")]
    [InlineData("Log:Format is 'xml'; it must be one of Text, Json", "--Log:Format", "xml")]
    [InlineData("--Engine:PingIntervall is not a setting; did you mean --Engine:PingInterval?", "--Engine:PingIntervall", "00:00:10")]
    [InlineData("--Engine is a group of settings", "--Engine", "00:00:10")]
    [InlineData("urls is 'http://localhost:99999'", "--urls", "http://localhost:99999")]
    [InlineData("urls is 'http://localhost:abc'", "--urls", "http://localhost:abc")]
    [InlineData("cannot listen on 192.0.2.1:3000: ", "--urls", "http://192.0.2.1:3000")]
    [InlineData("/no/such/certificate.pfx", "--urls", "https://127.0.0.1:0", "--Kestrel:Certificates:Default:Path",
        "/no/such/certificate.pfx")]
    public async Task Serve_ABadSetting_SaysWhatIsRight(string expected, params string[] arguments) =>
        await ShouldSayAsync(1, [expected], arguments);

    [Fact]
    public async Task Serve_ACertificateThatIsNone_SaysSo()
    {
        using var folder = TempStore.Empty();
        await File.WriteAllTextAsync(folder.PathOf("certificate.pfx"), "no certificate");

        await ShouldSayAsync(
            1, ["a certificate"], "--urls", "https://127.0.0.1:0", "--Kestrel:Certificates:Default:Path", folder.PathOf("certificate.pfx"));
    }

    [Theory]
    [InlineData("""{"Engine":{"PingInterval":"00:00:10"}""", "appsettings.json", "JSON")]
    [InlineData("""{"Engine":{"PingIntervall":"00:00:10"}}""", "appsettings.json: Engine:PingIntervall is not a setting",
        "Engine:PingInterval?")]
    [InlineData("""{"Gateway":{"Agent":"echo"}}""", "appsettings.json: Gateway:Agent is not a setting", "did you mean Agent?")]
    [InlineData("""{"Engine":{"PingInterval":10}}""", "Engine:PingInterval is '10'", "00:00:10")]
    [InlineData("""{"Engine":{"AllowedOrigins":"https://a.example"}}""", "Engine:AllowedOrigins", "Engine:AllowedOrigins:0")]
    [InlineData("""{"Serilog":{"MinimumLevel":"Debug","WriteTo":["Console"]}}""", "appsettings.json: Serilog is not a setting",
        "help settings")]
    public async Task Serve_ABadSettingsFile_SaysWhere(string json, params string[] expected)
    {
        using var folder = TempStore.Empty();
        await File.WriteAllTextAsync(folder.PathOf("appsettings.json"), json);

        await ShouldSayAsync(1, expected, "--contentRoot", folder.Root);
    }

    [Fact]
    public async Task Serve_AnEnvironmentVariableInOurSection_IsJudgedAsOthersAreNot()
    {
        using var store = TempStore.Empty();
        var environment = new Dictionary<string, string>
        {
            ["FILE_STORE_PATH"] = store.Root,
            ["Other__Setting"] = "x",
            ["ENGINE"] = "docker",
            ["GATEWAY_PORT"] = "tcp://10.0.0.1:80",
            ["PORT"] = "80",
        };
        await using (var gateway = await GatewayProcess.StartListeningAsync(environment))
        {
            await gateway.TerminateAsync();
            (await gateway.ExitAsync()).Should().Be(0);
        }

        await using var stopped = GatewayProcess.Start(new() { ["FILE_STORE_PATH"] = store.Root, ["Engine__PingIntervall"] = "00:00:10" });

        (await stopped.ExitAsync()).Should().Be(2);
        stopped.Errors
            .Trim()
            .Should()
            .Be("gateway: environment: Engine__PingIntervall is not a setting; did you mean Engine__PingInterval?");
    }

    [Fact]
    public async Task Serve_APortLeftToTheSystem_IsSaidOnceItIsBound()
    {
        using var store = TempStore.Empty();
        await using var gateway = await GatewayProcess.StartListeningAsync(
            new() { ["FILE_STORE_PATH"] = store.Root }, "--urls", "http://0.0.0.0:0", "--Access:SessionApiKey", "key-4711");
        using var http = new HttpClient { Timeout = TestLimits.Step };

        // The address stands in the line as it is used: connecting to it works at once.
        using var answer = await http.GetAsync(new Uri(gateway.Address, "/socket.io/?EIO=4&transport=polling"));

        answer.IsSuccessStatusCode.Should().BeTrue();
        await gateway.TerminateAsync();
        (await gateway.ExitAsync()).Should().Be(0);
        (await gateway.OutputAsync()).Should().ContainSingle(static line => line.Contains("Listening on http://localhost:"))
            .Which.Should().Contain("session_api_key required").And.NotContain(":0/");
    }

    private static async Task ShouldSayAsync(int count, string[] expected, params string[] arguments)
    {
        using var store = TempStore.Empty();
        await using var process = GatewayProcess.Start(new() { ["FILE_STORE_PATH"] = store.Root }, arguments);

        (await process.ExitAsync()).Should().Be(2, process.Errors);
        process.Errors.Should().ContainAll(expected).And.NotContain("   at ");
        (await process.OutputAsync()).Should().NotContain(static line => line.Contains("   at ") || line.Contains("Listening"));
        var lines = process.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Should().AllSatisfy(static line => line.Should().StartWith("gateway: "));
        lines.Where(static line => !line.Contains("'gateway help' (or --help)")).Should().HaveCount(count);
    }
}
