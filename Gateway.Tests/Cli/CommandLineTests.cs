using Gateway.Hosting;
using Gateway.Tests.Support;

namespace Gateway.Tests.Cli;

/// <summary>The program's commands, each in a process of its own.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("--help")]
    [InlineData("serve", "--help")]
    [InlineData("verify", "--help")]
    [InlineData("--agent", "echo", "--help")]
    [InlineData("help")]
    [InlineData("help", "verify")]
    [InlineData("help", "v1", "kinds")]
    public async Task Run_Help_IsGiven(params string[] arguments)
    {
        var (exitCode, output, _) = await RunAsync(arguments);

        exitCode.Should().Be(0);
        output.Should().Contain("Usage:");
    }

    [Theory]
    [InlineData("'serv'", "serv")]
    [InlineData("'verfy'", "--agent", "echo", "verfy")]
    [InlineData("--agent needs a value", "--agent")]
    [InlineData("--agent needs a value", "serve", "--urls", "http://127.0.0.1:0", "--agent")]
    [InlineData("'--out'", "import", "trajectory.json")]
    [InlineData("--no-such is not an option of record", "record", "--no-such", "1")]
    [InlineData("--bogus is not a setting", "--bogus")]
    [InlineData("--port is not a setting; did you mean --urls?", "--port", "8080")]
    [InlineData("--port is not a setting; did you mean --urls?", "serve", "--port=8080")]
    [InlineData("--bogus is not an option of verify; 'gateway help verify'", "verify", "--bogus")]
    [InlineData("--bogus is not an option of v1 kinds; 'gateway help v1 kinds'", "v1", "kinds", "--url", "http://x", "--bogus")]
    [InlineData("'--url'", "v1", "kinds")]
    [InlineData("did you mean --junit?", "verify", "x", "--junti", "report.xml")]
    [InlineData("'serv' is not a command; there are serve, verify", "help", "serv")]
    public async Task Run_NotUnderstood_SaysWhatAndFails(string named, params string[] arguments)
    {
        var (exitCode, _, errors) = await RunAsync(arguments);

        exitCode.Should().Be(2);
        errors.Should().Contain(named).And.NotContain("   at ");
        if (named.Contains("did you mean"))
        {
            errors.TrimEnd().Should().NotContain("\n", "that line says it all");
        }
        else
        {
            errors.Should().Contain("--help");
        }
    }

    [Theory]
    [InlineData("--jobs is 0; it is to be from 1 to 64", "verify", "x", "--jobs", "0")]
    [InlineData("--timeout is -1; it is to be from 0.1 to 3600", "verify", "x", "--timeout", "-1")]
    [InlineData("--timeout is NaN; it is to be from 0.1 to 3600", "verify", "x", "--timeout=NaN")]
    [InlineData("--jobs is 65; it is to be from 1 to 64", "corpus", "anonymise", "x", "--out", "y", "--jobs", "65")]
    [InlineData("--limit is 0; it is to be from", "corpus", "shrink", "x", "--out", "y", "--limit", "0")]
    [InlineData("--difference is 0; it is to be from 1", "corpus", "shrink", "x", "--out", "y", "--difference", "0")]
    [InlineData("--max-body is -1; it is to be from 0 to 1048576", "record", "--upstream", "http://x", "--out", "y", "--max-body", "-1")]
    [InlineData("--rows is 0; it is to be from 1 to 200", "status", "--rows", "0")]
    [InlineData("--timeout is 0; it is to be from 0.1 to 86400", "play", "x", "--url", "http://x", "--timeout", "0")]
    [InlineData("--limit is -5; it is to be from 0.1 to 86400", "play", "x", "--url", "http://x", "--limit", "-5")]
    [InlineData("--sample is 101; it is to be from 0 to 100", "shadow", "--v0", "http://127.0.0.1:1", "--sample", "101")]
    [InlineData("--from is 99; it is to be from 0 to", "storage", "sql", "--from", "99")]
    public async Task Run_NumberOutOfRange_IsNamedWithItsRange(string problem, params string[] arguments)
    {
        var (exitCode, _, errors) = await RunAsync(arguments);

        exitCode.Should().Be(2);
        errors.TrimEnd().Should().StartWith($"gateway: {problem}").And.NotContain("\n", "that line says it all");
    }

    [Theory]
    [InlineData("help settings")]
    [InlineData("--help")]
    [InlineData("config schema")]
    [InlineData("verify --rules")]
    [InlineData("load --url http://127.0.0.1:1 --scenario idle --clients 1")]
    public async Task Run_OutputThatCannotBeWritten_IsSaidInALine(string arguments)
    {
        await using var command = ProcessRunner.Start(
            "bash", ["-c", $"exec dotnet \"$0\" {arguments} > /dev/full", typeof(GatewayApp).Assembly.Location]);

        (await command.ExitAsync()).Should().Be(2);

        command.Errors.TrimEnd().Should().Be("gateway: the output cannot be written: No space left on device");
    }

    [Fact]
    public async Task Run_OutputThatNobodyReadsOn_IsNoFault()
    {
        await using var command = ProcessRunner.Start(
            "bash",
            [
                "-c", "set -o pipefail; dotnet \"$0\" help settings | head -1", typeof(GatewayApp).Assembly.Location,
            ]);

        (await command.ExitAsync()).Should().Be(0);

        command.Errors.Should().BeEmpty();
        (await command.Lines.ReadAllAsync().ToListAsync()).Should().ContainSingle();
    }

    [Theory]
    [InlineData("--listen is no http URL", "https://127.0.0.1:3100", "http://127.0.0.1:3000")]
    [InlineData("--listen is no http URL", "nonsense", "http://127.0.0.1:3000")]
    [InlineData("--listen is no http URL", "http://127.0.0.1:3100/path", "http://127.0.0.1:3000")]
    [InlineData("record would connect to itself", "http://127.0.0.1:3100", "http://localhost:3100")]
    [InlineData("record would connect to itself", "http://*:3100", "http://127.0.0.1:3100/v0")]
    [InlineData("record would connect to itself", "http://localhost:3100", "http://127.0.0.1:3100")]
    public async Task Record_ListenAddressThatCannotBe_IsSaidInALine(string problem, string listen, string upstream)
    {
        using var folder = TempStore.Empty();

        var (exitCode, _, errors) = await RunAsync(
            "record", "--listen", listen, "--upstream", upstream, "--out", folder.PathOf("out"));

        exitCode.Should().Be(2);
        errors.TrimEnd().Should().Contain(problem).And.StartWith("record: ").And.NotContain("\n");
        Directory.Exists(folder.PathOf("out")).Should().BeFalse();
    }

    [Fact]
    public async Task Run_HelpOfACommandWithinAnother_HasNothingOfTheOuterOnes()
    {
        var (exitCode, output, _) = await RunAsync("help", "import", "v0");

        exitCode.Should().Be(0);
        output.Should().Contain("  gateway import v0 [options]");
        string.Join('\n', output).Should().NotContain("<trajectory>");
    }

    [Fact]
    public async Task Serve_AddressInUse_SaysSo()
    {
        using var store = TempStore.Empty();
        await using var first = await GatewayProcess.StartListeningAsync(new() { ["FILE_STORE_PATH"] = store.Root });

        var (exitCode, _, errors) = await RunAsync("--urls", first.Address.AbsoluteUri, "--FILE_STORE_PATH", store.Root);

        exitCode.Should().Be(2);
        errors.Should().Contain("address already in use").And.NotContain("   at ");
    }

    [Theory]
    [InlineData("must name the database", "")]
    [InlineData("has a parameter", "Host=dbplace;Secret=secret")]
    [InlineData("Storage:Postgres: the store cannot be reached", "postgres://user:secret@127.0.0.1:1/dbplace?connect_timeout=1")]
    public async Task Serve_DatabaseThatCannotBeUsed_SaysSoInALineThatDoesNotShowIt(string expected, string connectionString)
    {
        var (exitCode, output, errors) = await RunAsync(
            "--urls", "http://127.0.0.1:0", "--Storage:Kind", "Postgres", "--Storage:Postgres:ConnectionString", connectionString);

        exitCode.Should().Be(2);
        errors.TrimEnd().Should().Contain(expected).And.NotContain("\n");
        string.Join('\n', output.Append(errors)).Should().NotContain("secret").And.NotContain("dbplace").And.NotContain("127.0.0.1:1");
    }

    [Fact]
    public async Task Run_StorageSql_PrintsTheTables()
    {
        var (exitCode, output, _) = await RunAsync("storage", "sql");

        exitCode.Should().Be(0);
        string.Join('\n', output).Should().ContainAll("CREATE TABLE gateway.events", "GRANT SELECT, INSERT, UPDATE, DELETE", "COMMIT;");
    }

    [Fact]
    public async Task Run_HelpSettings_ListsEveryOneWithItsValues()
    {
        var (exitCode, output, _) = await RunAsync("help", "settings");

        exitCode.Should().Be(0);
        string.Join('\n', output)
            .Should()
            .ContainAll("Engine:PingInterval", "00:00:25", "V1:BaseUrl", "Os, Fsync", "None, Echo", "SESSION_API_KEY", "urls");
    }

    private static async Task<(int ExitCode, IReadOnlyList<string> Output, string Errors)> RunAsync(params string[] arguments)
    {
        await using var process = GatewayProcess.Start([], arguments);
        var exitCode = await process.ExitAsync();
        return (exitCode, await process.OutputAsync(), process.Errors);
    }
}
