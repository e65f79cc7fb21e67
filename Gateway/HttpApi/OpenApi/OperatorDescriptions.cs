using Microsoft.OpenApi;

namespace Gateway.HttpApi.OpenApi;

/// <summary>The operators' routes. They are off, 404, without an operators' key. Stateless. Source: docs/operator.md.</summary>
internal static class OperatorDescriptions
{
    public static void AddTo(IDictionary<string, RouteDescription> routes)
    {
        AddPage(routes);
        AddReads(routes);
        AddActions(routes);
    }

    private static void AddPage(IDictionary<string, RouteDescription> routes)
    {
        routes["GetOperatorPage"] = Operator().Answer(200, "The page.", static () => Shape.Text(), "text/html")
            .Answer(302, "To the page to sign in.", static () => Shape.Text(), "text/plain");
        routes["GetOperatorFile"] = new RouteDescription().Answer(200, "The file.", static () => Shape.Text(), "text/javascript")
            .Answer(404, "There is none of this name, or no operators' key.", Detail);
        routes["GetOperatorSignIn"] = new RouteDescription().Answer(200, "A form.", static () => Shape.Text(), "text/html")
            .Answer(404, "There is no operators' key.", Detail);
        routes["SignInOperator"] = new RouteDescription()
            .Takes(static () => Shape.Object(("key", Shape.Text())), type: "application/x-www-form-urlencoded")
            .Answer(302, "To the page, with a cookie; with a wrong key back to the form.", static () => Shape.Text(), "text/plain")
            .Answer(404, "There is no operators' key.", Detail);
        routes["SignOutOperator"] = new RouteDescription()
            .Answer(302, "To the form.", static () => Shape.Text(), "text/plain")
            .Answer(404, "There is no operators' key.", Detail);
    }

    private static void AddReads(IDictionary<string, RouteDescription> routes)
    {
        routes["GetOperatorNow"] = Operator().Answer(200, "The state.", static () => Shape.Map(new OpenApiSchema()));
        routes["GetOperatorLive"] = WithQuery(Operator())
            .Query("table", static () => Shape.Text(), "The table to be sent.")
            .Answer(200, "Server-sent events: now, table.", static () => Shape.Text(), "text/event-stream")
            .Answer(503, "Too many pages are open.", Detail);
        routes["GetOperatorTable"] = WithQuery(Operator())
            .Says(
                "The tables are conversations, clients, days, refusals, refusal-reasons, closes, connected, slow, untranslated and recordings.")
            .Query("format", static () => Shape.OneOf("json", "csv"), "An export: up to 10,000 rows, as a file.")
            .Answer(200, "Some rows.", static () => Shape.Object(
                ("table", Shape.Text()),
                ("title", Shape.Text()),
                ("columns", Shape.ListOf(Shape.Object(("name", Shape.Text()), ("title", Shape.Text()), ("kind", Shape.Text())))),
                ("rows", Shape.ListOf(Shape.Map(new OpenApiSchema()))),
                ("total", Shape.Integer()),
                ("matching", Shape.Integer())))
            .Answer(404, "No such table.", Detail);
        routes["GetOperatorBundle"] = Operator().Answer(200, "gateway-support.zip", Shape.Bytes, "application/zip");
        routes["GetOperatorRecording"] = Operator().Answer(200, "The recording.", Shape.Bytes, "application/zip")
            .Answer(404, "No such recording.", Detail)
            .Answer(409, "It is under way.", Detail);
        routes["GetOperatorConversation"] = WithUser(Operator())
            .Answer(200, "The conversation.", static () => Shape.Map(new OpenApiSchema()))
            .Answer(404, "No such conversation.", Detail);
    }

    private static void AddActions(IDictionary<string, RouteDescription> routes)
    {
        routes["DrainGateway"] = Operator()
            .Answer(202, "It stops.", static () => Shape.Object(("draining", Shape.Flag())))
            .Answer(404, "There is no operators' key.", Detail);
        routes["CloseOperatorConversation"] = WithUser(Operator())
            .Answer(200, "Closed.", static () => Shape.Object(("closed", Shape.Flag())))
            .Answer(409, "It is not open.", Detail);
        routes["SendOperatorNotice"] = WithUser(Operator())
            .Takes(static () => Shape.Object(("message", Shape.Text("1 to 1,000 characters"))))
            .Answer(200, "Sent.", static () => Shape.Object(("sent", Shape.Flag())))
            .Answer(409, "It is not open.", Detail);
        routes["StartOperatorRecording"] = WithUser(Operator())
            .Answer(200, "It is being recorded.", static () => Shape.Object(("name", Shape.Text())))
            .Answer(409, "It is already, or too many are.", Detail);
        routes["StopOperatorRecording"] = WithUser(Operator())
            .Answer(200, "The recording has ended.", static () => Shape.Object(("name", Shape.Text())))
            .Answer(409, "It is not being recorded.", Detail);
    }

    private static RouteDescription Operator() => new RouteDescription()
        .Answer(401, "The operators' key is missing or wrong.", Detail);

    private static RouteDescription WithQuery(RouteDescription route) => route
        .Query("q", static () => Shape.Text(), "Rows with this text.")
        .Query("sort", static () => Shape.Text(), "A column's name; with - before it the largest first.")
        .Query("offset", static () => Shape.Integer(), "Rows to pass over.")
        .Query("limit", static () => Shape.Integer(), "At most 200.");

    private static RouteDescription WithUser(RouteDescription route) => route
        .Query("user", static () => Shape.Text(), "Whose conversation it is, where the store has users.");

    private static OpenApiSchema Detail() => Shape.Object(("detail", Shape.Text()));
}
