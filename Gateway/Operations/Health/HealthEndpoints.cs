using System.Globalization;

using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.Operations.Health;

/// <summary>
/// What a supervisor and a balancer ask: <c>/health/live</c>, whether the process answers at all, and <c>/health/ready</c>, whether it
/// should get clients. Open to everybody, and without a secret. Stateless; any thread.
/// </summary>
internal static class HealthEndpoints
{
    private const string Tag = "Server";

    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/health/live", static () => Results.Json(new { status = Word(HealthStatus.Healthy) }))
            .WithName("GetLiveness").WithTags(Tag).WithSummary("Whether the process answers.");
        endpoints.MapGet("/health/ready", ReadyAsync)
            .WithName("GetReadiness").WithTags(Tag).WithSummary("Whether clients should be sent here.");
    }

    private static async Task<IResult> ReadyAsync(HealthCheckService checks, CancellationToken cancellationToken)
    {
        var report = await checks.CheckHealthAsync(cancellationToken);
        return Results.Json(
            new
            {
                status = Word(report.Status),
                checks = report.Entries.ToDictionary(static entry => entry.Key, static entry => Describe(entry.Value)),
            },
            statusCode: report.Status == HealthStatus.Unhealthy ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK);
    }

    private static Dictionary<string, string> Describe(HealthReportEntry entry)
    {
        var described = new Dictionary<string, string> { ["status"] = Word(entry.Status) };
        if (entry.Description is { } problem)
        {
            described["problem"] = problem;
        }

        if (entry.Data.TryGetValue(StoreCheck.Since, out var since) && since is DateTimeOffset time)
        {
            described[StoreCheck.Since] = time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        }

        return described;
    }

    private static string Word(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => "healthy",
        HealthStatus.Degraded => "degraded",
        _ => "unhealthy",
    };
}
