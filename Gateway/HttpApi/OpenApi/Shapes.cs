using Microsoft.OpenApi;

namespace Gateway.HttpApi.OpenApi;

/// <summary>Shapes that more than one route takes or answers. Pure.</summary>
internal static class Shapes
{
    /// <summary>What is wrong with a query or a body, all of it in one list.</summary>
    public static OpenApiSchema Faults() => Shape.Object(("detail", Shape.ListOf(Shape.Object(
        ("type", Shape.Text()),
        ("loc", Shape.ListOf(new OpenApiSchema { Type = JsonSchemaType.String | JsonSchemaType.Integer })),
        ("msg", Shape.Text()),
        ("input", Anything()),
        ("ctx", Shape.Map(Anything()))))));

    public static OpenApiSchema Anything() => new();

    public static OpenApiSchema Detail() => Shape.Object(("detail", Shape.Text()));

    public static OpenApiSchema Error() => Shape.Object(("error", Shape.Text()));

    public static OpenApiSchema Message() => Shape.Object(("message", Shape.Text()));

    public static OpenApiSchema Texts() => Shape.ListOf(Shape.Text());

    public static OpenApiSchema Provider() => Shape.OneOf("github", "gitlab", "bitbucket", "enterprise_sso");

    /// <summary>A refusal of the kind that the web UI translates.</summary>
    public static OpenApiSchema Problem() =>
        Shape.Object(("status", Shape.OneOf("error")), ("message", Shape.Text()), ("msg_id", Shape.Text()));

    public static OpenApiSchema Conversation() => Shape.Object(
        ("conversation_id", Shape.Text()),
        ("title", Shape.Text()),
        ("last_updated_at", Shape.Time().OrNull()),
        ("status", Shape.OneOf("RUNNING", "STOPPED")),
        ("runtime_status", Shape.Text().OrNull()),
        ("selected_repository", Shape.Text().OrNull()),
        ("selected_branch", Shape.Text().OrNull()),
        ("git_provider", Shape.Text().OrNull()),
        ("trigger", Shape.Text().OrNull()),
        ("num_connections", Shape.Integer()),
        ("url", Shape.Text().OrNull()),
        ("session_api_key", Shape.Null()),
        ("created_at", Shape.Time()),
        ("pr_number", Shape.ListOf(Shape.Integer())),
        ("conversation_version", Shape.OneOf("V0")),
        ("lives_at", Shape.Text("V0 or V1, where some conversations are V0's and some V1's; else not there.")));

    public static OpenApiSchema ConversationPage() => Shape.Object(
        ("results", Shape.ListOf(Conversation())),
        ("next_page_id", Shape.Text("To be sent as page_id; null at the end.").OrNull()));

    public static OpenApiSchema ConversationState() => Shape.Object(
        ("status", Shape.OneOf("ok")),
        ("conversation_id", Shape.Text()),
        ("message", Shape.Text().OrNull()),
        ("conversation_status", Shape.OneOf("STARTING", "RUNNING", "STOPPED")));

    /// <summary>One event of a conversation, as clients get it by <c>oh_event</c>.</summary>
    public static OpenApiSchema Event() => Shape.Map(Anything(), "An action or an observation, as oh_event carries it.");
}
