using Gateway.Operations.Telemetry;

using Microsoft.Extensions.Configuration;

namespace Gateway.Tests.Operations.Telemetry;

public sealed class OtlpSettingsTests
{
    [Theory]
    [InlineData("", false, false)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=http://a:4317", true, true)]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://a:4317", false, true)]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://a:4317", true, false)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=http://a:4317 OTEL_TRACES_EXPORTER=none", true, false)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=http://a:4317 OTEL_METRICS_EXPORTER=none", false, true)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=http://a:4317 OTEL_SDK_DISABLED=true", false, false)]
    public void Read_TheStandardNames_SaysWhatIsSent(string settings, bool metrics, bool traces) =>
        OtlpSettings.Read(Configuration(settings)).Should().Be(new OtlpSettings(metrics, traces));

    [Fact]
    public void FindProblems_OfAnAddressWithAPassword_DoNotRepeatIt() =>
        OtlpSettings.FindProblems(Configuration("OTEL_EXPORTER_OTLP_ENDPOINT=ftp://me:key-4711@a"))
            .Should().ContainSingle().Which.Should().NotContain("4711");

    private static IConfigurationRoot Configuration(string settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(static setting => setting.Split('=', 2))
            .Select(static pair => KeyValuePair.Create(pair[0], (string?)pair[1])))
        .Build();
}
