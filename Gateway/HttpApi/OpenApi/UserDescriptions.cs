using Gateway.HttpApi.Settings;

using Microsoft.OpenApi;

namespace Gateway.HttpApi.OpenApi;

/// <summary>
/// The routes of a user: settings, secrets, tokens, and what a git provider knows. Stateless. Source: PROTOCOL.md, "V0 REST".
/// </summary>
internal static class UserDescriptions
{
    public static void AddTo(IDictionary<string, RouteDescription> routes)
    {
        AddSettings(routes);
        AddSecrets(routes);
        AddGit(routes);
    }

    private static void AddSettings(IDictionary<string, RouteDescription> routes)
    {
        routes["GetSettings"] = new RouteDescription()
            .Says("All settings of V0. Keys are null, and those of MCP servers masked; llm_api_key_set and search_api_key_set say "
                + "whether there is one.")
            .Answer(200, "The settings.", static () => Settings(isAnswer: true))
            .Answer(404, "None have been stored.", Shapes.Error)
            .AnswerFailed("They cannot be read.");
        routes["StoreSettings"] = new RouteDescription()
            .Says("What the body does not name stays as it is. Tokens of git providers from web UIs before 0.37 are stored as well.")
            .Takes(static () => Settings(isAnswer: false))
            .Answer(200, "They are stored.", Shapes.Message)
            .Answer422()
            .Answer(500, "They could not be stored.", Shapes.Error);
        routes["ResetSettings"] = new RouteDescription().Answer(410, "Always.", Shapes.Error);
        routes["UnsetSettingsTokens"] = new RouteDescription()
            .Answer(200, "They are forgotten.", Shapes.Message)
            .Answer(500, "They could not be.", Shapes.Error);
    }

    private static void AddSecrets(IDictionary<string, RouteDescription> routes)
    {
        routes["ListSecrets"] = new RouteDescription()
            .Answer(200, "Without their values.", static () => Shape.Object(("custom_secrets", Shape.ListOf(
                Shape.Object(("name", Shape.Text()), ("description", Shape.Text()))))))
            .AnswerFailed("They cannot be read.");
        routes["CreateSecret"] = new RouteDescription()
            .Takes(static () => Secret(("value", Shape.Text())).Requiring("name", "value"))
            .Answer(201, "It is stored.", Shapes.Message)
            .Answer(400, "The name is taken.", Shapes.Message)
            .Answer422()
            .Answer(500, "It could not be stored.", Shapes.Error);
        routes["UpdateSecret"] = new RouteDescription()
            .Takes(static () => Secret().Requiring("name"))
            .Answer(200, "It is stored.", Shapes.Message)
            .Answer(400, "The new name is taken.", Shapes.Message)
            .Answer(404, "There is none of this name.", Shapes.Error)
            .Answer422()
            .Answer(500, "It could not be stored.", Shapes.Error);
        routes["DeleteSecret"] = new RouteDescription()
            .Answer(200, "It is gone.", Shapes.Message)
            .Answer(404, "There is none of this name.", Shapes.Error)
            .Answer(500, "It could not be deleted.", Shapes.Error);
        routes["AddGitProviders"] = new RouteDescription()
            .Says("Each new token is tried at its provider first.")
            .Takes(static () => Shape.Object(("provider_tokens", Shape.Map(
                Shape.Object(("token", Shape.Text()), ("host", Shape.Text().OrNull())), "By the provider's name."))))
            .Answer(200, "They are stored.", Shapes.Message)
            .Answer(401, "A provider does not take its token, or cannot be asked; or no key.", Shapes.Error)
            .Answer422()
            .Answer(500, "They could not be stored.", Shapes.Error);
        routes["UnsetProviderTokens"] = new RouteDescription()
            .Answer(200, "They are forgotten.", Shapes.Message)
            .Answer(500, "They could not be.", Shapes.Error);
    }

    private static void AddGit(IDictionary<string, RouteDescription> routes)
    {
        routes["GetGitUser"] = new RouteDescription().Answer(200, "The user.", static () => Shape.Object(
            ("id", Shape.Text()),
            ("login", Shape.Text()),
            ("avatar_url", Shape.Text()),
            ("company", Shape.Text().OrNull()),
            ("name", Shape.Text().OrNull()),
            ("email", Shape.Text().OrNull()))).NeedsToken();
        routes["GetGitInstallations"] = new RouteDescription()
            .Query("provider", Provider, "The provider.", isRequired: true)
            .Answer(200, "Their ids.", Shapes.Texts)
            .Answer(400, "The provider has no installations.", static () => Shape.Text())
            .NeedsToken()
            .Answer422();
        routes["GetRepositories"] = new RouteDescription()
            .Query("sort", static () => Shape.Text(), "pushed when absent.")
            .Query("selected_provider", Provider, "One provider alone; then page and per_page are needed.")
            .Query("page", static () => Shape.Integer(), "From 1.")
            .Query("per_page", static () => Shape.Integer(), "How many a page has.")
            .Query("installation_id", static () => Shape.Text(), "Only those of an installation.")
            .Answer(200, "Repositories.", Repositories)
            .NeedsToken()
            .Answer422()
            .Answer(500, "The provider failed.", static () => Shape.Text());
        routes["SearchRepositories"] = new RouteDescription()
            .Query("query", static () => Shape.Text(), "A part of the name, or an address.", isRequired: true)
            .Query("per_page", static () => Shape.Integer(), "How many at most; 5 when absent.")
            .Query("sort", static () => Shape.Text(), "stars when absent.")
            .Query("order", static () => Shape.Text(), "desc when absent.")
            .Query("selected_provider", Provider, "One provider alone.")
            .Answer(200, "Repositories.", Repositories)
            .NeedsToken()
            .Answer422()
            .Answer(500, "The provider failed.", static () => Shape.Text());
        routes["GetSuggestedTasks"] = new RouteDescription()
            .Answer(200, "Tasks; each may be sent as suggested_task of a new conversation.", static () => Shape.ListOf(Shape.Object(
                ("git_provider", Shape.Text()),
                ("task_type", Shape.Text()),
                ("repo", Shape.Text()),
                ("issue_number", Shape.Integer()),
                ("title", Shape.Text()))))
            .NeedsToken();
        routes["GetBranches"] = new RouteDescription()
            .Says("Without page, the answer is the list of branches alone: web UIs before 0.55 know no pages.")
            .Query("repository", static () => Shape.Text(), "owner/name", isRequired: true)
            .Query("page", static () => Shape.Integer(), "From 1.")
            .Query("per_page", static () => Shape.Integer(), "30 when absent.")
            .Answer(200, "A page of branches.", static () => Shape.Object(
                ("branches", Branches()),
                ("has_next_page", Shape.Flag()),
                ("current_page", Shape.Integer()),
                ("per_page", Shape.Integer()),
                ("total_count", Shape.Integer().OrNull())))
            .NeedsToken()
            .Answer422();
        routes["SearchBranches"] = new RouteDescription()
            .Query("repository", static () => Shape.Text(), "owner/name", isRequired: true)
            .Query("query", static () => Shape.Text(), "A part of the name.", isRequired: true)
            .Query("per_page", static () => Shape.Integer(), "30 when absent.")
            .Query("selected_provider", Provider, "One provider alone.")
            .Answer(200, "Branches.", Branches)
            .NeedsToken()
            .Answer422();
        routes["GetRepositoryMicroagents"] = new RouteDescription()
            .Says("path is owner/name/microagents for the list, and owner/name/microagents/content for one of them.")
            .Query("file_path", static () => Shape.Text(), "Which one; needed for content.")
            .Answer(200, "The list, or one with its content.", Shapes.Anything)
            .NeedsToken()
            .Answer(404, "The path is neither.", Shapes.Detail)
            .Answer422();
    }

    private static RouteDescription NeedsToken(this RouteDescription route) =>
        route.Answer(401, "The user has no token of a git provider, or it is not taken; or no key.", static () => Shape.Text());

    private static OpenApiSchema Provider() => Shape.OneOf([.. KnownGitProviders.All]);

    private static OpenApiSchema Secret(params ReadOnlySpan<(string Name, OpenApiSchema Value)> more) =>
        Shape.Object([("name", Shape.Text()), .. more, ("description", Shape.Text().OrNull())]);

    private static OpenApiSchema Repositories() => Shape.ListOf(Shape.Object(
        ("id", Shape.Text()),
        ("full_name", Shape.Text()),
        ("git_provider", Shape.Text()),
        ("is_public", Shape.Flag()),
        ("stargazers_count", Shape.Integer().OrNull()),
        ("link_header", Shape.Text().OrNull()),
        ("pushed_at", Shape.Text().OrNull()),
        ("owner_type", Shape.OneOf("user", "organization")),
        ("main_branch", Shape.Text().OrNull())));

    private static OpenApiSchema Branches() => Shape.ListOf(Shape.Object(
        ("name", Shape.Text()),
        ("commit_sha", Shape.Text()),
        ("protected", Shape.Flag()),
        ("last_push_date", Shape.Text().OrNull())));

    private static OpenApiSchema Settings(bool isAnswer)
    {
        var settings = Shape.Object(
            ("language", Shape.Text().OrNull()),
            ("agent", Shape.Text().OrNull()),
            ("max_iterations", Shape.Integer().OrNull()),
            ("security_analyzer", Shape.Text().OrNull()),
            ("confirmation_mode", Shape.Flag().OrNull()),
            ("llm_model", Shape.Text().OrNull()),
            ("llm_api_key", Shape.Text().OrNull()),
            ("llm_base_url", Shape.Text().OrNull()),
            ("remote_runtime_resource_factor", Shape.Integer().OrNull()),
            ("secrets_store", Shape.Map(Shapes.Anything())),
            ("enable_default_condenser", Shape.Flag()),
            ("enable_sound_notifications", Shape.Flag()),
            ("enable_proactive_conversation_starters", Shape.Flag()),
            ("enable_solvability_analysis", Shape.Flag()),
            ("user_consents_to_analytics", Shape.Flag().OrNull()),
            ("sandbox_base_container_image", Shape.Text().OrNull()),
            ("sandbox_runtime_container_image", Shape.Text().OrNull()),
            ("mcp_config", McpServers().OrNull()),
            ("search_api_key", Shape.Text().OrNull()),
            ("sandbox_api_key", Shape.Text().OrNull()),
            ("max_budget_per_task", Shape.Number().OrNull()),
            ("condenser_max_size", Shape.Integer("20 or more.").OrNull()),
            ("email", Shape.Text().OrNull()),
            ("email_verified", Shape.Flag().OrNull()),
            ("git_user_name", Shape.Text().OrNull()),
            ("git_user_email", Shape.Text().OrNull()));
        if (isAnswer)
        {
            settings.Properties!["provider_tokens_set"] = Shape.Map(Shape.Text().OrNull(), "The host of each stored token.");
            settings.Properties["llm_api_key_set"] = Shape.Flag();
            settings.Properties["search_api_key_set"] = Shape.Flag();
            settings.Properties["v1_enabled"] = Shape.Flag("Always false.");
        }

        return settings;
    }

    private static OpenApiSchema McpServers() => Shape.Object(
        ("sse_servers", Shape.ListOf(Shape.Object(("url", Shape.Text()), ("api_key", Shape.Text().OrNull())))),
        ("stdio_servers", Shape.ListOf(Shape.Object(
            ("name", Shape.Text()),
            ("command", Shape.Text()),
            ("args", Shapes.Texts()),
            ("env", Shape.Map(Shape.Text()))))),
        ("shttp_servers", Shape.ListOf(Shape.Object(
            ("url", Shape.Text()), ("api_key", Shape.Text().OrNull()), ("timeout", Shape.Integer().OrNull())))));
}
