using Gateway.Hosting;
using Gateway.Hosting.Settings;
using Gateway.Tests.Support;

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Gateway.Tests.Hosting.Settings;

/// <summary>The list of settings, and the names near them.</summary>
public sealed class KnownSettingsTests
{
    [Theory]
    [InlineData("Engine:PingInterval", true)]
    [InlineData("engine:pinginterval", true)]
    [InlineData("Engine", true)]
    [InlineData("Engine:AllowedOrigins:0", true)]
    [InlineData("Engine:AllowedOrigins:first", false)]
    [InlineData("Engine:AllowsAnyOrigin", false)]
    [InlineData("Engine:PingInterval:Seconds", false)]
    [InlineData("Engine:PingIntervall", false)]
    [InlineData("V1:BaseUrl", true)]
    [InlineData("Agent", true)]
    [InlineData("Gateway:Agent", false)]
    [InlineData("SESSION_API_KEY", true)]
    [InlineData("Kestrel:Endpoints:Http:Url", true)]
    [InlineData("Logging:LogLevel:Gateway.EngineIO", true)]
    [InlineData("urls", true)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", true)]
    public void IsKnown_OfAName_SaysWhetherAnybodyReadsIt(string key, bool expected) => KnownSettings.IsKnown(key).Should().Be(expected);

    [Theory]
    [InlineData("none")]
    [InlineData("echo")]
    [InlineData("recorded")]
    [InlineData("v1")]
    public void All_SettingsThatAnAgentRegisters_AreInTheList(string agent)
    {
        using var store = TempStore.Empty();
        var checkedTypes = new List<Type>();

        using var app = GatewayApp.Build(
            [
                $"--agent={agent}", $"--FILE_STORE_PATH={store.Root}", "--V1:BaseUrl=http://127.0.0.1:1",
                $"--Recorded:Path={Verification.PathOf("v0/replay-full")}", "--urls=http://127.0.0.1:0",
            ],
            builder => checkedTypes.AddRange(builder.Services.Select(static service => service.ServiceType)
                .Where(static type => type.IsConstructedGenericType && type.GetGenericTypeDefinition() == typeof(IValidateOptions<>))
                .Select(static type => type.GenericTypeArguments[0])
                .Where(static type => type.Namespace?.StartsWith(nameof(Gateway), StringComparison.Ordinal) is true)));

        checkedTypes.Select(KnownSettings.SectionOf).OfType<string>().Distinct().Should().NotBeEmpty()
            .And.OnlyContain(static section =>
                KnownSettings.All.Any(setting => setting.Key.StartsWith($"{section}:", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("port", "urls")]
    [InlineData("url", "urls")]
    [InlineData("Engine:PingIntervall", "Engine:PingInterval")]
    [InlineData("ping-interval", "Engine:PingInterval")]
    [InlineData("Gateway:Agent", "Agent")]
    [InlineData("Gateway:Engine:MaxSessions", "Engine:MaxSessions")]
    [InlineData("agnet", "Agent")]
    [InlineData("session-api-key", "SESSION_API_KEY")]
    [InlineData("Storage:Rot", "Storage:Root")]
    [InlineData("Conversations:ClientWaitTimeout", "CLIENT_WAIT_TIMEOUT")]
    [InlineData("bogus", null)]
    [InlineData("--", null)]
    public void Find_OfAWrongName_IsTheOneThatWasMeant(string wanted, string? expected) =>
        NearestName.Find(wanted, KnownSettings.Suggestions).Should().Be(expected);

    [Theory]
    [InlineData("", "", 0)]
    [InlineData("abc", "abc", 0)]
    [InlineData("abc", "acb", 1)]
    [InlineData("abc", "ab", 1)]
    [InlineData("abc", "abcd", 1)]
    [InlineData("abc", "xyz", 3)]
    public void Distance_OfTwoWords_CountsTheirDifferences(string from, string to, int expected) =>
        NearestName.Distance(from, to).Should().Be(expected);
}
