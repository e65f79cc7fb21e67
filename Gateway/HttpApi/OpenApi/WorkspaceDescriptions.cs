using Microsoft.OpenApi;

namespace Gateway.HttpApi.OpenApi;

/// <summary>The routes of a conversation's files, git, machine and agent. Stateless. Source: PROTOCOL.md, "V0 workspace".</summary>
internal static class WorkspaceDescriptions
{
    public static void AddTo(IDictionary<string, RouteDescription> routes)
    {
        AddFiles(routes);
        routes["GetGitChanges"] = new RouteDescription()
            .Says("Compared with the branch of the same name at the remote, else with where it left the default branch, else with nothing.")
            .Answer(200, "Changed files, by path; empty without a repository.", static () => Shape.ListOf(
                Shape.Object(("status", Shape.OneOf("M", "A", "D", "U", "R")), ("path", Shape.Text()))))
            .Answer(404, "There is no repository, no workspace, or no such conversation.", Shapes.Error)
            .Answer(500, "git failed.", Shapes.Error);
        routes["GetGitDiff"] = new RouteDescription()
            .Query("path", static () => Shape.Text(), "The file, as git/changes names it.", isRequired: true)
            .Answer(200, "The file now and then; empty where it is not.", static () =>
                Shape.Object(("modified", Shape.Text()), ("original", Shape.Text())))
            .Unknown()
            .Answer422()
            .AnswerFailed("It is in no repository, outside of the workspace, too large, or no text.");
        routes["GetRuntimeConfig"] = new RouteDescription()
            .Answer(200, "The ids.", static () => Shape.Object(("runtime_id", Shape.Text().OrNull()), ("session_id", Shape.Text())))
            .Unknown();
        routes["GetWebHosts"] = new RouteDescription()
            .Answer(200, "Always none.", static () => Shape.Object(("hosts", Shape.Map(Shape.Integer()))))
            .Unknown();
        routes["GetVsCodeUrl"] = new RouteDescription()
            .Answer(200, "The address; null without an editor.", static () => Shape.Object(("vscode_url", Shape.Text().OrNull())))
            .Unknown();
        routes["SetExperimentConfig"] = new RouteDescription()
            .Takes(static () => Shape.Object(("config", Shape.Map(Shapes.Anything()).OrNull())))
            .Answer(200, "Always false, as V0 says when it has stored nothing before.", static () => Shape.Flag())
            .Answer422();
        AddAgent(routes);
    }

    private static void AddFiles(IDictionary<string, RouteDescription> routes)
    {
        routes["ListFiles"] = new RouteDescription()
            .Query("path", static () => Shape.Text(), "A folder of the workspace; the workspace itself when absent.")
            .Answer(200, "The paths in it, without what .gitignore names; empty when there is no such folder.", Shapes.Texts)
            .Unknown()
            .AnswerFailed("The folder is outside of the workspace.");
        routes["SelectFile"] = new RouteDescription()
            .Query("file", static () => Shape.Text(), "The file's path.", isRequired: true)
            .Answer(200, "Its text.", static () => Shape.Object(("code", Shape.Text())))
            .Unknown()
            .Answer(415, "It is no text.", Shapes.Error)
            .Answer422()
            .Answer(500, "There is no such file.", Shapes.Error);
        routes["SaveFile"] = new RouteDescription()
            .Says("For web UIs up to 0.31.")
            .Takes(static () => Shape.Object(("filePath", Shape.Text()), ("content", Shape.Text())).Requiring("filePath", "content"))
            .Answer(200, "It is written.", Shapes.Message)
            .Answer(400, "A field is missing.", Shapes.Detail)
            .Unknown()
            .Answer(500, "It could not be written.", Shapes.Error);
        routes["ZipDirectory"] = new RouteDescription()
            .Answer(200, "workspace.zip", Shape.Bytes, "application/zip")
            .Unknown()
            .Answer(500, "The workspace cannot be read.", Shapes.Error);
        routes["UploadFiles"] = new RouteDescription()
            .Takes(
                static () => Shape.Object(("files", Shape.ListOf(Shape.Bytes()))).Requiring("files"), type: "multipart/form-data")
            .Answer(200, "What was stored where, and what was not and why.", static () => Shape.Object(
                ("uploaded_files", Shapes.Texts()),
                ("skipped_files", Shape.ListOf(Shape.Object(("name", Shape.Text()), ("reason", Shape.Text()))))))
            .Unknown()
            .Answer(413, "All files together are too large.", Shapes.Detail)
            .Answer422();
    }

    private static void AddAgent(IDictionary<string, RouteDescription> routes)
    {
        routes["GetMicroagents"] = new RouteDescription()
            .Answer(200, "What the agent was told.", static () => Shape.Object(("microagents", Shape.ListOf(Shape.Object(
                ("name", Shape.Text()),
                ("type", Shape.OneOf("repo", "knowledge")),
                ("content", Shape.Text()),
                ("triggers", Shapes.Texts()),
                ("inputs", Shape.ListOf(Shape.Object(("name", Shape.Text()), ("description", Shape.Text())))),
                ("tools", Shapes.Texts()))))))
            .Answer(404, "The conversation is not running, or there is none.", Shapes.Error)
            .Answer(500, "The agent's server did not say.", Shapes.Error);
        foreach (var name in (ReadOnlySpan<string>)["GetRememberPrompt", "GetRememberPromptAlias"])
        {
            routes[name] = new RouteDescription()
                .Says("V0 asks its own model for it. There is none here, and the answer is that of a V0 whose model fails.")
                .Query("event_id", static () => Shape.Integer(), "The event that is to be remembered.", isRequired: true)
                .Unknown()
                .Answer422()
                .AnswerFailed("Always.");
        }

        routes["SubmitFeedback"] = new RouteDescription()
            .Says("V0 sends it to a service of its makers. Nothing is sent from here, and the answer is that of a V0 which cannot reach it.")
            .Takes(static () => Shape.Map(Shapes.Anything(), "version, email, polarity, permissions, trajectory, token"))
            .Unknown()
            .Answer(500, "Always.", Shapes.Error);
        routes["FindFeedback"] = new RouteDescription()
            .Says("Web UIs from 0.44 to 0.48 ask every server for what the hosted product alone has.")
            .Answer(404, "Always.", Shapes.Detail);
    }
}
