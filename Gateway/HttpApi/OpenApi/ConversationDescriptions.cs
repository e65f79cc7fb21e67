using Gateway.Conversations.Storage;

using Microsoft.OpenApi;

namespace Gateway.HttpApi.OpenApi;

/// <summary>The routes of conversations as a whole, and of their events. Stateless. Source: PROTOCOL.md, "V0 conversations".</summary>
internal static class ConversationDescriptions
{
    private const int PageSize = 100;

    public static void AddTo(IDictionary<string, RouteDescription> routes)
    {
        routes["ListConversations"] = new RouteDescription()
            .Says("A page is cut first; then those are left out that are older than ten days or do not fit the filters.")
            .Query("limit", static () => Shape.Integer(), "How many a page has at most; 20 when absent.")
            .Query("page_id", static () => Shape.Text(), "next_page_id of the page before.")
            .Query("selected_repository", static () => Shape.Text(), "Only conversations on this repository.")
            .Query("conversation_trigger", Triggers, "Only conversations that began in this way.")
            .Answer(200, "A page.", Shapes.ConversationPage)
            .Answer422()
            .AnswerFailed("page_id is none that a page has given.");
        routes["CreateConversation"] = new RouteDescription()
            .Says("Every field may be left out. What web UIs from 0.17 on send besides (args, github_token, conversation_trigger, "
                + "selected_repository) is taken as well; any other field is refused.")
            .Takes(NewConversation)
            .Answer(200, "It is made, and its session opens.", Shapes.ConversationState)
            .Answer(400, "The user has no settings, or no key for a model.", Shapes.Problem)
            .Answer(401, "No access to the repository, or no key.", static () => Shape.Text())
            .Answer422()
            .AnswerFailed("The user's settings or secrets cannot be read.");
        routes["GetConversation"] = new RouteDescription()
            .Answer(200, "The conversation, or null when there is none.", static () => Shapes.Conversation().OrNull())
            .BadId()
            .AnswerFailed("Its metadata cannot be read.");
        routes["RenameConversation"] = new RouteDescription()
            .Says("An empty title, from a web UI before 0.38, makes one from the first message.")
            .Takes(static () => Shape.Object(("title", Title())).Requiring("title"))
            .Answer(200, "It has the title, and its clients are told.", True)
            .BadId()
            .Answer(404, "There is none.", Shapes.Problem)
            .Answer422()
            .Answer(500, "Its metadata cannot be read.", Shapes.Problem);
        routes["DeleteConversation"] = new RouteDescription()
            .Answer(200, "True; false when there was none.", static () => Shape.Flag())
            .BadId();
        routes["StartConversation"] = new RouteDescription()
            .Says("The body may be left out, as web UIs before 0.45 do.")
            .Takes(static () => Shape.Object(("providers_set", Shape.ListOf(Shapes.Provider()))), isRequired: false)
            .Answer(200, "It opens (STARTING), or was open (RUNNING).", Shapes.ConversationState)
            .BadId()
            .Answer(404, "There is none that can be read.", Failure)
            .Answer422()
            .Answer(500, "It could not be opened; message says why.", Failure);
        routes["StopConversation"] = new RouteDescription()
            .Answer(200, "It is closed; conversation_status is the one before.", Shapes.ConversationState)
            .BadId();
        routes["ListMicroagentConversations"] = new RouteDescription()
            .Query("selected_repository", static () => Shape.Text(), "The repository.", isRequired: true)
            .Query("limit", static () => Shape.Integer(), "How many a page has at most; 20 when absent.")
            .Query("page_id", static () => Shape.Text(), "next_page_id of the page before.")
            .Answer(200, "A page.", Shapes.ConversationPage)
            .Answer422()
            .AnswerFailed("The user has no secrets, as with V0.");
        AddEvents(routes);
        routes["GetConversationStatus"] = new RouteDescription()
            .Says("Gateway's own: one word about a conversation, the same for V0 and V1.")
            .Answer(200, "Its state now.", static () => Shape.Object(
                ("version", Shape.OneOf("V0", "V1")),
                ("status", Shape.OneOf("CONNECTING", "CONNECTED", "DISCONNECTED")),
                ("upstream", Shape.OneOf("CONNECTING", "OPEN", "CLOSING", "CLOSED").OrNull()),
                ("clients", Shape.Integer("Those in the room.")),
                ("head", Shape.Integer("The last event's id; -1 without events."))))
            .Answer(400, "No conversation can have this id.", Shapes.Detail)
            .Answer(404, "Gateway has never opened it.", Shapes.Detail);
    }

    private static void AddEvents(IDictionary<string, RouteDescription> routes)
    {
        routes["GetEvents"] = new RouteDescription()
            .Query("start_id", static () => Shape.Integer(), "The first id; 0 when absent.")
            .Query("end_id", static () => Shape.Integer(), "The last id; the newest when absent.")
            .Query("reverse", static () => Shape.Flag(), "The newest first.")
            .Query("limit", static () => Shape.Integer(), $"How many at most: up to {PageSize}; 20 when absent.")
            .Answer(200, "Events, from the store.", static () =>
                Shape.Object(("events", Shape.ListOf(Shapes.Event())), ("has_more", Shape.Flag())))
            .Answer(400, "limit is out of its bounds.", Shapes.Detail)
            .Unknown()
            .Answer422();
        routes["GetTrajectory"] = new RouteDescription()
            .Answer(200, "All events, without hidden ones.", static () => Shape.Object(("trajectory", Shape.ListOf(Shapes.Event()))))
            .Unknown();
        routes["AddEvent"] = new RouteDescription()
            .Takes(static () => Shape.Object(("action", Shape.Text()), ("args", Shape.Map(Shapes.Anything()))).Requiring("action"))
            .Answer(200, "It is stored, and every client is sent it.", Success)
            .Unknown()
            .AnswerFailed("The conversation is not running, or this is no action.");
        routes["SendMessage"] = new RouteDescription()
            .Takes(static () => Shape.Object(("message", Shape.Text())).Requiring("message"))
            .Answer(200, "It is stored, and every client is sent it.", Success)
            .Unknown()
            .Answer422()
            .Answer(500, "The conversation is not running.", static () => Shape.Object(("success", Shape.Flag()), ("error", Shape.Text())));
    }

    /// <summary>What routes below a conversation answer for an id that nobody has.</summary>
    public static RouteDescription Unknown(this RouteDescription route) =>
        route.Answer(404, "There is no such conversation.", Shapes.Detail);

    private static RouteDescription BadId(this RouteDescription route) =>
        route.Answer(400, "No conversation can have this id.", Shapes.Detail);

    private static OpenApiSchema NewConversation() => Shape.Object(
        ("repository", Shape.Text("owner/name").OrNull()),
        ("git_provider", Shapes.Provider().OrNull()),
        ("selected_branch", Shape.Text().OrNull()),
        ("initial_user_msg", Shape.Text("The first message; empty for none.").OrNull()),
        ("image_urls", Shapes.Texts().OrNull()),
        ("replay_json", Shape.Text().OrNull()),
        ("suggested_task", Shape.Map(Shapes.Anything(), "One of /api/user/suggested-tasks.").OrNull()),
        ("create_microagent", Shape.Object(
            ("repo", Shape.Text("owner/name")), ("git_provider", Shapes.Provider().OrNull()), ("title", Shape.Text().OrNull())).OrNull()),
        ("conversation_instructions", Shape.Text().OrNull()),
        ("mcp_config", Shape.Map(Shapes.Anything()).OrNull()));

    private static OpenApiSchema Triggers() => Shape.OneOf([.. MetadataRules.Triggers]);

    private static OpenApiSchema Title()
    {
        var title = Shape.Text();
        title.MinLength = 1;
        title.MaxLength = 200;
        return title;
    }

    private static OpenApiSchema True() => new() { Type = JsonSchemaType.Boolean, Const = "true" };

    private static OpenApiSchema Success() => Shape.Object(("success", Shape.Flag()));

    private static OpenApiSchema Failure() =>
        Shape.Object(("status", Shape.OneOf("error")), ("conversation_id", Shape.Text()), ("message", Shape.Text()));
}
