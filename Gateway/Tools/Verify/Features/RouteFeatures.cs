namespace Gateway.Tools.Verify.Features;

/// <summary>
/// The rows about V0's REST, a route each: <c>route:GET /api/conversations/{id}</c>. A test holds them and the page <c>routes.md</c>
/// together. Pure.
/// </summary>
internal static class RouteFeatures
{
    public const string Family = "route";

    public const string WebUiPage = "web-ui:page";

    public const string WebUiFile = "web-ui:file";

    public const string WrongMethod = "route:wrong-method";

    private const string ServesUi = "where the web UI's folder is served (Web:Root)";

    private static readonly FeatureReply s_hosted =
        FeatureReply.NotServed("404; V0's own server has it as little, only the hosted product");

    private static readonly FeatureReply s_github = new(FeatureAnswer.Same, "GitHub alone is reached; others are answered as unreachable");

    public static IReadOnlyList<Feature> All { get; } =
    [
        .. Served("GET", "/alive", "/health", "/server_info", "/openapi.json", "/docs"),
        .. Served("GET", "/api/options/config", "/api/options/models", "/api/options/agents", "/api/options/security-analyzers"),
        .. Served("GET", "/api/settings", "/api/secrets"),
        .. Served("POST", "/api/settings", "/api/reset-settings", "/api/unset-settings-tokens", "/api/secrets"),
        .. Served("PUT", "/api/secrets/{name}"),
        .. Served("DELETE", "/api/secrets/{name}"),
        Row("POST", "/api/add-git-providers", s_github),
        .. Served("POST", "/api/unset-provider-tokens"),
        .. Served("GET", "/api/conversations", "/api/conversations/{id}", "/api/microagent-management/conversations"),
        .. Served("POST", "/api/conversations", "/api/conversations/{id}/start", "/api/conversations/{id}/stop"),
        .. Served("PATCH", "/api/conversations/{id}"),
        .. Served("DELETE", "/api/conversations/{id}"),
        .. Below("GET", "config", "vscode-url", "events", "trajectory", "git/changes", "git/diff", "list-files", "select-file",
            "zip-directory", "microagents"),
        .. Below("POST", "upload-files", "save-file"),
        Row("POST", BelowPath("events"), FeatureReply.Same) with { Alone = FeatureReply.Different("as sent:message and the others") },
        Row("POST", BelowPath("message"), FeatureReply.Same) with { Alone = FeatureReply.Different("as sent:message") },
        Row("GET", BelowPath("web-hosts"), FeatureReply.Different("no server in a sandbox is known: the list is empty")),
        Row("GET", BelowPath("remember-prompt"), FeatureReply.NotServed("V0 asks a model of its own; here there is none, and it is 500")),
        Row("GET", BelowPath("remember_prompt"), FeatureReply.NotServed("V0 asks a model of its own; here there is none, and it is 500")),
        Row("POST", BelowPath("exp-config"), FeatureReply.Different("the answer is the same, and nothing is written")),
        Row("POST", BelowPath("submit-feedback"), FeatureReply.NotServed("V0 sends it to its makers; here nothing is sent, and it is 500")),
        .. new[]
        {
            "info", "installations", "repositories", "search/repositories", "suggested-tasks", "repository/branches", "search/branches",
            "repository/{path}",
        }.Select(static name => Row("GET", $"/api/user/{name}", s_github)),
        Row("GET", "/api/keys", s_hosted),
        Row("GET", "/api/billing/credits", s_hosted),
        Row("POST", "/api/authenticate", s_hosted),
        Row("POST", "/api/logout", s_hosted),
        Row("GET", "/api/v1/app-conversations", FeatureReply.NotServed("404: V1's own")) with
        {
            BeforeV1 = new(FeatureAnswer.Same, "with V1:Proxy, or by a proxy in front of both"),
        },
        .. new[] { "GET", "POST", "PUT", "DELETE" }.Select(static method => Row(method, BelowPath("security/{path}"), s_hosted)),
        Row("POST", "/mcp/mcp", FeatureReply.NotServed("404: for the agents in V0's sandboxes")),
        .. new[] { "GET", "HEAD", "POST" }.Select(static method =>
            Row(method, "/feedback/{path}", FeatureReply.NotServed("404: from 0.44 to 0.48"))),
        new($"{Family}:{FeatureTable.AnyKind}", FeatureGroup.Route, "A path below /api that V0 does not have", "a REST call")
        {
            Alone = FeatureReply.NotServed("404; with V0 it is the web UI's page"),
            BeforeV1 = FeatureReply.NotServed("404, or V1's answer with V1:Proxy; with V0 it is the web UI's page"),
        },
        new(WrongMethod, FeatureGroup.Route, "A method that the path does not have", "a REST call; 405, as with V0"),
        new(WebUiPage, FeatureGroup.Route, "The web UI's page", "a GET of no route and no file")
        {
            Alone = new(FeatureAnswer.Same, ServesUi),
            BeforeV1 = new(FeatureAnswer.Same, ServesUi),
        },
        new(WebUiFile, FeatureGroup.Route, "A file of the web UI", "a GET below /assets, or of another file")
        {
            Alone = new(FeatureAnswer.Same, ServesUi),
            BeforeV1 = new(FeatureAnswer.Same, ServesUi),
        },
    ];

    private static readonly (string Method, string[] Path, Feature Row)[] s_routes =
    [
        .. All
            .Where(static row => row.Name.StartsWith($"{Family}:", StringComparison.Ordinal)
                && row.Name.Contains(" /", StringComparison.Ordinal))
            .Select(static row => (row.Name[(Family.Length + 1)..].Split(' ')[0], row.Name.Split(' ')[1].Split('/'), row)),
    ];

    /// <summary>The row of a call; that of the web UI where the path is none of V0's and not below /api.</summary>
    /// <param name="method">HEAD and OPTIONS count as the method that the path has.</param>
    /// <param name="path">Without the query.</param>
    public static Feature Of(string method, string path)
    {
        var parts = (path.Length > 1 ? path.TrimEnd('/') : path).Split('/');
        var there = s_routes.Where(route => Matches(route.Path, parts)).ToList();
        if (there.Count > 0)
        {
            return there
                .Where(route => route.Method == method || (method is "HEAD" or "OPTIONS"))
                .Select(static route => route.Row)
                .FirstOrDefault()
                ?? FeatureTable.Find(WrongMethod)
                ?? there[0].Row;
        }

        return parts is ["", "api", ..] ? FeatureTable.OfKind(Family, FeatureTable.AnyKind)
            : FeatureTable.Find(method is not ("GET" or "HEAD") ? WrongMethod : parts[^1].Contains('.') ? WebUiFile : WebUiPage) ?? All[^1];
    }

    private static bool Matches(string[] route, string[] path)
    {
        for (var i = 0; i < route.Length; i++)
        {
            if (route[i] == "{path}")
            {
                return path.Length > i;
            }

            if (i >= path.Length || (route[i] is not ['{', ..] ? route[i] != path[i] : path[i].Length == 0))
            {
                return false;
            }
        }

        return route.Length == path.Length;
    }

    private static string BelowPath(string name) => $"/api/conversations/{{id}}/{name}";

    private static IEnumerable<Feature> Below(string method, params string[] names) => Served(method, [.. names.Select(BelowPath)]);

    private static IEnumerable<Feature> Served(string method, params string[] paths) =>
        paths.Select(path => Row(method, path, FeatureReply.Same));

    private static Feature Row(string method, string path, FeatureReply reply) =>
        new($"{Family}:{method} {path}", FeatureGroup.Route, $"`{method} {path}`", "a REST call") { Alone = reply, BeforeV1 = reply };
}
