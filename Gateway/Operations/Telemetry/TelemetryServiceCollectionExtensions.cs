using System.Diagnostics.Metrics;
using System.Reflection;

using Microsoft.Extensions.Options;

using OpenTelemetry.Instrumentation.AspNetCore;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Gateway.Operations.Telemetry;

/// <summary>
/// Registers what tells others of the process: metrics by OTLP and for Prometheus, spans by OTLP. Nothing of it is there, and nothing is
/// measured, unless the settings ask for it.
/// </summary>
internal static class TelemetryServiceCollectionExtensions
{
    public const string PrometheusPath = "/metrics";

    private const string ServiceName = "gateway";

    // Our own, and the database driver's.
    private const string OwnNames = "Gateway.*";
    private const string DatabaseName = "Npgsql";

    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<TelemetryOptions>().BindConfiguration(TelemetryOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<TelemetryOptions>, TelemetryOptionsValidator>();
        var otlp = OtlpSettings.Read(configuration);
        var isScraped = IsScraped(configuration);
        if (OtlpSettings.FindProblems(configuration).Any() || !(otlp.Metrics || otlp.Traces || isScraped))
        {
            return services;
        }

        var telemetry = services.AddOpenTelemetry();
        if (string.IsNullOrEmpty(configuration["OTEL_SERVICE_NAME"]))
        {
            // Each process has a number of its own: several may send to one collector.
            telemetry.ConfigureResource(static resource => resource.AddService(ServiceName, serviceVersion: Version));
        }

        if (otlp.Metrics || isScraped)
        {
            telemetry.WithMetrics(metrics => AddMetrics(metrics, otlp.Metrics, isScraped));
        }

        if (otlp.Traces)
        {
            services.Configure<AspNetCoreTraceInstrumentationOptions>(static options => options.Filter = IsTraced);
            telemetry.WithTracing(static traces => traces
                .AddSource(OwnNames, DatabaseName)
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddProcessor(new SecretFreeSpans())
                .AddOtlpExporter());
        }

        return services;
    }

    /// <summary>Serves <see cref="PrometheusPath"/> where that is switched on.</summary>
    public static void MapTelemetry(this IEndpointRouteBuilder endpoints)
    {
        if (endpoints.ServiceProvider.GetRequiredService<IOptions<TelemetryOptions>>().Value.Prometheus)
        {
            endpoints.MapPrometheusScrapingEndpoint(PrometheusPath).WithMetadata(new HttpMethodMetadata([HttpMethods.Get]));
        }
    }

    private static string? Version =>
        typeof(TelemetryServiceCollectionExtensions).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion;

    // A text that is no value is reported when the settings are checked.
    private static bool IsScraped(IConfiguration configuration) =>
        bool.TryParse(configuration[$"{TelemetryOptions.Section}:{nameof(TelemetryOptions.Prometheus)}"], out var isOn) && isOn;

    private static void AddMetrics(MeterProviderBuilder metrics, bool isSent, bool isScraped)
    {
        metrics.AddMeter(OwnNames, DatabaseName)
            .AddAspNetCoreInstrumentation()
            .AddHttpClientInstrumentation()
            .AddRuntimeInstrumentation();
        if (metrics is IDeferredMeterProviderBuilder deferred)
        {
            deferred.Configure(static (services, builder) => AddOwnMetersOnly(builder, services.GetRequiredService<IMeterFactory>()));
        }

        if (isSent)
        {
            metrics.AddOtlpExporter();
        }

        if (isScraped)
        {
            metrics.AddPrometheusExporter();
        }
    }

    /// <summary>Of several hosts in one process each tells of itself, and of what is the process's.</summary>
    private static void AddOwnMetersOnly(MeterProviderBuilder metrics, IMeterFactory own) => metrics.AddView(
        instrument => instrument.Meter.Scope is IMeterFactory other && other != own ? MetricStreamConfiguration.Drop : null);

    /// <summary>Not what asks all day: polls, above which there are spans of their own, and questions of balancers.</summary>
    private static bool IsTraced(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "";
        return !path.Contains("/socket.io", StringComparison.Ordinal)
            && !path.StartsWith("/health", StringComparison.Ordinal)
            && path is not ("/alive" or PrometheusPath);
    }
}
