using System.Xml.Linq;

using Gateway.Tests.Support;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Docs;

/// <summary>The files from which Gateway is packed and deployed fit the program and one another.</summary>
public sealed class DeploymentFilesTests : IDisposable
{
    private readonly TempStore _folder = TempStore.Empty();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Compose_ItsGateways_FitTheImageThatIsPacked()
    {
        var compose = await ComposeAsync();
        var project = XDocument.Load(Repository.PathOf("Gateway", "Gateway.csproj"));
        string Property(string name) => project.Descendants(name).Single().Value;
        var environment = project.Descendants("ContainerEnvironmentVariable")
            .ToDictionary(static one => one.Attribute("Include")!.Value, static one => one.Attribute("Value")!.Value);
        var port = project.Descendants("ContainerPort").Single().Attribute("Include")!.Value;

        environment["ASPNETCORE_HTTP_PORTS"].Should().Be(port);
        Property("ContainerUser").Should().Be("app", "it is no root");
        foreach (var name in new[] { "one", "two" })
        {
            var gateway = compose["services"]![name]!;
            ((string?)gateway["image"]).Should().Be($"{Property("ContainerRepository")}:latest");
            ((string?)gateway["environment"]!["ASPNETCORE_HTTP_PORTS"]).Should().Be(port);
            ((string?)gateway["environment"]!["Cluster__Address"]).Should().Be($"http://{name}:{port}");
            gateway["healthcheck"]!["test"]!.Values<string>().Should().Equal(
                "CMD", $"/app/{Property("AssemblyName")}", "health", "--live");
            gateway["environment"]!["FILE_STORE_PATH"].Should().BeNull("the store is the database");
        }
    }

    [Fact]
    public async Task Compose_ItsNginx_MakesTheAddressesOfTheFileItsOwn()
    {
        var command = string.Join(' ', (await ComposeAsync())["services"]!["nginx"]!["command"]!.Values<string>());
        var script = command[command.IndexOf("sed", StringComparison.Ordinal)..command.IndexOf(" > ", StringComparison.Ordinal)]
            .Replace("/gateway.conf", Repository.PathOf("Gateway", "deploy", "nginx-several.conf"), StringComparison.Ordinal);

        var site = await ProcessRunner.RunAsync("sh", ["-c", script], TestLimits.Step);

        site.Select(static line => line.Trim().Split(' '))
            .Where(static words => words is ["server", var address, ..] && address.Contains(':', StringComparison.Ordinal))
            .Select(static words => words[1]).Should().Equal("one:3000", "two:3000");
        site.Should().NotContain(static line => line.Contains("10.0.0.", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Unit_OfTheArchiveAndOfTheDebianPackage_IsRightForSystemd(bool isDebian)
    {
        var unit = Repository.PathOf("Gateway", "deploy", "gateway.service");
        var edits = Repository.PathOf("Gateway", "deploy", "debian", "gateway.service.sed");
        var lines = isDebian
            ? await ProcessRunner.RunAsync("sed", ["-f", edits, unit], TestLimits.Step)
            : await File.ReadAllLinesAsync(unit);
        var program = isDebian ? "/usr/lib/gateway/gateway" : "/opt/gateway/gateway";
        lines.Should().Contain($"ExecStart={program}").And.Contain($"ExecStartPre={program} config check");
        lines.Should().Contain(isDebian ? "User=gateway" : "DynamicUser=yes").And.NotContain(isDebian ? "DynamicUser=yes" : "User=gateway");
        lines.Any(static line => line.Contains("/opt/", StringComparison.Ordinal)).Should().Be(!isDebian);
        var file = _folder.PathOf("gateway.service");
        await File.WriteAllLinesAsync(file, lines
            .Where(static line => !line.StartsWith("Documentation=", StringComparison.Ordinal))
            .Select(line => line.Replace(program, "/bin/true", StringComparison.Ordinal)));

        var said = await ProcessRunner.RunAsync("sh", ["-c", $"systemd-analyze verify '{file}' 2>&1; echo code $?"], TestLimits.Slow);

        said.Where(static line => line.Contains("gateway.service", StringComparison.Ordinal)).Should().BeEmpty();
        said[^1].Should().Be("code 0", string.Join('\n', said));
    }

    [Theory]
    [InlineData("postinst")]
    [InlineData("prerm")]
    [InlineData("postrm")]
    public async Task Script_OfTheDebianPackage_IsAShellScript(string name) =>
        (await ProcessRunner.RunAsync(
            "sh", ["-c", $"sh -n '{Repository.PathOf("Gateway", "deploy", "debian", name)}' 2>&1; echo code $?"], TestLimits.Step))
            .Should().Equal("code 0");

    [Theory]
    [InlineData("1.2.3", "rpm", "pack: 'rpm' is none of tool, archives, deb, container")]
    [InlineData("one", "archives", "pack: 'one' is no version such as 1.2.3 or 1.2.3-rc.1")]
    public async Task Pack_OfWhatIsNone_SaysSoInOneLineAndMakesNothing(string version, string kind, string expected) =>
        (await ProcessRunner.RunAsync(
            "sh", ["-c", $"VERSION={version} '{Repository.PathOf("Gateway", "deploy", "pack")}' {kind} 2>&1; echo code $?"],
            TestLimits.Step))
            .Should().Equal(expected, "code 2");

    private static async Task<JObject> ComposeAsync()
    {
        const string toJson = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))";
        var lines = await ProcessRunner.RunAsync(
            "python3", ["-c", toJson, Repository.PathOf("Gateway", "deploy", "compose.yaml")], TestLimits.Step);
        return JObject.Parse(lines.Single());
    }
}
