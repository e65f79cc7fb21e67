namespace Gateway.HttpApi.OpenApi;

/// <summary>The routes of the server itself, and of what its web UI may offer. Stateless. Source: PROTOCOL.md, "V0 REST".</summary>
internal static class ServerDescriptions
{
    public static void AddTo(IDictionary<string, RouteDescription> routes)
    {
        routes["GetAlive"] = new RouteDescription()
            .Answer(200, "It is up.", static () => Shape.Object(("status", Shape.OneOf("ok"))));
        routes["GetHealth"] = new RouteDescription().Answer(200, "It is up.", static () => Shape.OneOf("OK"));
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
}
