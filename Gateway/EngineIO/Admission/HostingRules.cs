using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;

namespace Gateway.EngineIO.Admission;

/// <summary>
/// What ASP.NET Core's host does to every request before the application sees it, done to the WebSocket requests that do not pass through
/// its pipeline, by the same middleware with the same settings: <c>AllowedHosts</c>, and those forwarded headers that
/// <see cref="ForwardedHeadersOptions"/> name (<c>ASPNETCORE_FORWARDEDHEADERS_ENABLED=true</c> names some), so that both ways give a client
/// the same address. A middleware that a host adds to its own pipeline besides these is not asked. Immutable; any thread.
/// </summary>
internal sealed class HostingRules
{
    private readonly RequestDelegate? _rules;

    public HostingRules(
        IServiceProvider services, IOptions<HostFilteringOptions> hosts, IOptions<ForwardedHeadersOptions> forwarded)
    {
        var filtersHosts = hosts.Value.AllowedHosts is { Count: > 0 } allowed && !allowed.Contains("*");
        var usesForwarded = forwarded.Value.ForwardedHeaders != ForwardedHeaders.None;
        if (!filtersHosts && !usesForwarded)
        {
            return;
        }

        var app = new ApplicationBuilder(services);
        if (filtersHosts)
        {
            app.UseHostFiltering();
        }

        if (usesForwarded)
        {
            app.UseForwardedHeaders();
            var names = forwarded.Value;
            HeaderNames =
            [
                names.ForwardedForHeaderName, names.ForwardedHostHeaderName,
                names.ForwardedProtoHeaderName, names.ForwardedPrefixHeaderName,
            ];
        }

        app.Run(static _ => Task.CompletedTask);
        _rules = app.Build();
    }

    /// <summary>The request headers that the rules look at.</summary>
    public IReadOnlyList<string> HeaderNames { get; } = [];

    /// <summary>
    /// Applies the rules. False when the request is to be refused: the host's own pipeline does that, with its own answer.
    /// </summary>
    public bool TryApply(HttpContext context) =>
        _rules is null || (_rules(context).IsCompletedSuccessfully && context.Response.StatusCode == StatusCodes.Status200OK);
}
