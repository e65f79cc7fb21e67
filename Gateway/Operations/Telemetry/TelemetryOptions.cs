using Microsoft.Extensions.Options;

namespace Gateway.Operations.Telemetry;

/// <summary>
/// What is told of the process to others. Where metrics and spans are sent is said by OpenTelemetry's own names (<c>OTEL_…</c>).
/// </summary>
internal sealed class TelemetryOptions
{
    public const string Section = "Telemetry";

    /// <summary>Serve the metrics at <c>/metrics</c>, for Prometheus. To whoever asks: keep it from the outside.</summary>
    public bool Prometheus { get; set; }
}

/// <summary>An address that is none would be passed over by the exporter without a word.</summary>
internal sealed class TelemetryOptionsValidator(IConfiguration configuration) : IValidateOptions<TelemetryOptions>
{
    public ValidateOptionsResult Validate(string? name, TelemetryOptions options)
    {
        var problems = OtlpSettings.FindProblems(configuration).ToList();
        return problems.Count > 0 ? ValidateOptionsResult.Fail(problems) : ValidateOptionsResult.Success;
    }
}
