using Gateway.Primitives;

namespace Gateway.Operations.Telemetry;

/// <summary>
/// Whether metrics and spans are sent by OTLP, by OpenTelemetry's own environment names, read from the host's configuration: they may
/// stand in its files and on its command line as well. All else about the sending, the exporter reads itself by the same way. Immutable.
/// </summary>
/// <param name="Metrics">Metrics are sent.</param>
/// <param name="Traces">Spans are sent.</param>
internal readonly record struct OtlpSettings(bool Metrics, bool Traces)
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string MetricsEndpoint = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";
    private const string TracesEndpoint = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    private const string Protocol = "OTEL_EXPORTER_OTLP_PROTOCOL";

    private static readonly string[] s_protocols = ["grpc", "http/protobuf"];

    public static OtlpSettings Read(IConfiguration configuration)
    {
        if (string.Equals(configuration["OTEL_SDK_DISABLED"], "true", StringComparison.OrdinalIgnoreCase))
        {
            return default;
        }

        return new OtlpSettings(
            IsSent(configuration, MetricsEndpoint, "OTEL_METRICS_EXPORTER"), IsSent(configuration, TracesEndpoint, "OTEL_TRACES_EXPORTER"));
    }

    /// <summary>What the exporter cannot use, for whoever has set it. No value is in the words: an address may hold a password.</summary>
    public static IEnumerable<string> FindProblems(IConfiguration configuration)
    {
        foreach (var name in new[] { Endpoint, MetricsEndpoint, TracesEndpoint })
        {
            if (configuration[name] is { Length: > 0 } value && !HttpAddress.TryParse(value, out _))
            {
                yield return $"{name} is no http or https URL.";
            }
        }

        if (configuration[Protocol] is { Length: > 0 } protocol && !s_protocols.Contains(protocol))
        {
            yield return $"{Protocol} is one of {string.Join(", ", s_protocols)}.";
        }
    }

    private static bool IsSent(IConfiguration configuration, string ownEndpoint, string exporter) =>
        (configuration[Endpoint] is { Length: > 0 } || configuration[ownEndpoint] is { Length: > 0 })
        && configuration[exporter] is not "none";
}
