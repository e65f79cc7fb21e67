using Microsoft.OpenApi;

namespace Gateway.HttpApi.OpenApi;

/// <summary>The routes of the server itself, and of what its web UI may offer. Stateless. Source: PROTOCOL.md, "V0 REST".</summary>
internal static class ServerDescriptions
{
    public static void AddTo(IDictionary<string, RouteDescription> routes)
    {
        routes["GetAlive"] = new RouteDescription()
            .Answer(200, "It is up.", static () => Shape.Object(("status", Shape.OneOf("ok"))));
        routes["GetHealth"] = new RouteDescription().Answer(200, "It is up.", static () => Shape.OneOf("OK"));
        routes["GetLiveness"] = new RouteDescription()
            .Answer(200, "It answers.", static () => Shape.Object(("status", Shape.OneOf("healthy"))));
        routes["GetReadiness"] = new RouteDescription()
            .Says("The checks are `process` (it does not stop), `store` and `agent`. Without its agent's server the gateway is degraded.")
            .Answer(200, "Clients may be sent here.", static () => Readiness("healthy", "degraded"))
            .Answer(503, "They are better off elsewhere.", static () => Readiness("unhealthy"));
        routes["GetServerInfo"] = new RouteDescription().Answer(200, "Seconds, bytes and percents.", static () => Shape.Object(
            ("uptime", Shape.Number()),
            ("idle_time", Shape.Number()),
            ("resources", Shape.Object(
                ("cpu_percent", Shape.Number()),
                ("memory", Shape.Object(("rss", Shape.Integer()), ("vms", Shape.Integer()), ("percent", Shape.Number()))),
                ("disk", Shape.Object(
                    ("total", Shape.Integer()), ("used", Shape.Integer()), ("free", Shape.Integer()), ("percent", Shape.Number()))),
                ("io", Shape.Object(("read_bytes", Shape.Integer()), ("write_bytes", Shape.Integer())))))));
        routes["GetConfig"] = new RouteDescription().Answer(200, "What the web UI asks first.", static () => Shape.Object(
            ("APP_MODE", Shape.OneOf("oss")),
            ("GITHUB_CLIENT_ID", Shape.Text()),
            ("POSTHOG_CLIENT_KEY", Shape.Text("Empty: no analytics.")),
            ("FEATURE_FLAGS", Shape.Object(("ENABLE_BILLING", Shape.Flag()), ("HIDE_LLM_SETTINGS", Shape.Flag())))));
        routes["GetModels"] = new RouteDescription().Answer(200, "Their names, sorted.", Shapes.Texts);
        routes["GetAgents"] = new RouteDescription().Answer(200, "Their names.", Shapes.Texts);
        routes["GetSecurityAnalyzers"] = new RouteDescription().Answer(200, "Their names.", Shapes.Texts);
    }

    private static OpenApiSchema Readiness(params string[] words)
    {
        static OpenApiSchema Check() => Shape.Object(
            ("status", Shape.OneOf("healthy", "degraded", "unhealthy")),
            ("problem", Shape.Text("Why; not there while it is healthy.")),
            ("since", Shape.Text("Since when, where that is known.")));

        return Shape.Object(
            ("status", Shape.OneOf(words)),
            ("checks", Shape.Object(("process", Check()), ("store", Check()), ("agent", Check()))));
    }
}
