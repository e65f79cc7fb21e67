using System.Text;

using Gateway.Access;
using Gateway.Conversations.Workspaces;
using Gateway.HttpApi.Conventions;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.ConversationFiles;

/// <summary>
/// A conversation's files, whether it runs or not: <c>list-files</c>, <c>select-file</c>, <c>save-file</c> (of web UIs up to 0.31),
/// <c>zip-directory</c>, <c>upload-files</c>. Stateless. Source: PROTOCOL.md, "V0 workspace".
/// </summary>
internal sealed class FileEndpoints(ConversationWorkspaces workspaces, HttpApiOptions options)
{
    private const string Tag = "Files";

    private static readonly ApiAnswer s_saved = ApiAnswer.Message("File saved successfully");

    public void Map(IEndpointRouteBuilder endpoints)
    {
        var readers = endpoints.MapConversation().RequireAccess(AccessRights.Read).WithTags(Tag);
        readers.MapGet("list-files", ConversationRoutes.ForConversation(ListAsync))
            .WithName("ListFiles").WithSummary("The names in a folder of the workspace, without ignored ones");
        readers.MapGet("select-file", ConversationRoutes.ForConversation(SelectAsync))
            .WithName("SelectFile").WithSummary("A file of the workspace as text");
        readers.MapGet("zip-directory", ConversationRoutes.ForConversation(ZipAsync))
            .WithRequestTimeout(HttpApiServiceCollectionExtensions.TransferPolicy)
            .WithName("ZipDirectory").WithSummary("All files of the workspace as a ZIP");
        var writers = endpoints.MapConversation().RequireAccess(AccessRights.Act).WithTags(Tag);
        writers.MapPost("save-file", ConversationRoutes.ForConversation(SaveAsync))
            .WithName("SaveFile").WithSummary("Writes a text file of the workspace");
        writers.MapPost("upload-files", ConversationRoutes.ForConversation(UploadAsync))
            .WithMetadata(new BodyLimit(options.MaxUploadBytes))
            .WithRequestTimeout(HttpApiServiceCollectionExtensions.TransferPolicy)
            .WithName("UploadFiles").WithSummary("Stores files in the workspace, byte for byte");
    }

    private async ValueTask<IResult> ListAsync(ConversationRequest request)
    {
        var path = new RequestQuery(request.Context.Request.Query, new RequestErrors()).OptionalText("path");
        var result = await workspaces.Of(request.Info).ListFilesAsync(path, request.Aborted);
        if (result.TryGet(out var files, out var error))
        {
            return ApiAnswer.Of(new JArray(files));
        }

        return error.Failure == WorkspaceFailure.Outside ? ApiAnswer.InternalError : Failed($"Error listing files: {error.Message}");
    }

    private async ValueTask<IResult> SelectAsync(ConversationRequest request)
    {
        var errors = new RequestErrors();
        var file = new RequestQuery(request.Context.Request.Query, errors).RequiredText("file");
        if (errors.Any)
        {
            return errors.Answer;
        }

        var result = await workspaces.Of(request.Info).ReadTextAsync(file, request.Aborted);
        if (result.TryGet(out var text, out var error))
        {
            return ApiAnswer.Of(new JObject { ["code"] = text });
        }

        return error.Failure switch
        {
            WorkspaceFailure.Outside => ApiAnswer.InternalError,
            WorkspaceFailure.Binary => ApiAnswer.Error(
                StatusCodes.Status415UnsupportedMediaType, $"Unable to open binary file: {error.Path}"),
            WorkspaceFailure.Unreachable => Failed($"Error opening file: {error.Message}"),
            _ => Failed($"Error opening file: **ErrorObservation**\n{error.Message}"),
        };
    }

    private async ValueTask<IResult> SaveAsync(ConversationRequest request)
    {
        if (!JsonTree.TryReadObject(await RequestBody.ReadBytesAsync(request.Context), out var body)
            || body.TextOrNull("filePath") is not { Length: > 0 } path
            || body.TextOrNull("content") is not { } content)
        {
            return ApiAnswer.Detail(StatusCodes.Status400BadRequest, "Missing filePath or content");
        }

        using var bytes = new MemoryStream(Encoding.UTF8.GetBytes(content));
        var result = await workspaces.Of(request.Info).UploadAsync(path, bytes, request.Aborted);
        return result.Error is { } error ? Failed($"Failed to save file: {error.Message}") : s_saved;
    }

    private async ValueTask<IResult> ZipAsync(ConversationRequest request)
    {
        var result = await workspaces.Of(request.Info).OpenArchiveAsync(request.Aborted);
        return result.TryGet(out var archive, out var error)
            ? new ArchiveResult(archive)
            : Failed($"Error zipping workspace: {error.Message}");
    }

    private async ValueTask<IResult> UploadAsync(ConversationRequest request)
    {
        var workspace = workspaces.Of(request.Info);
        return await new UploadForm(request.Context).StoreAsync(workspace, request.Aborted);
    }

    private static ApiAnswer Failed(string words) =>
        ApiAnswer.Error(StatusCodes.Status500InternalServerError, words);

    /// <summary>Sends an archive while it is made, and disposes it.</summary>
    private sealed class ArchiveResult(WorkspaceArchive archive) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            await using (archive)
            {
                httpContext.Response.ContentType = "application/zip";
                httpContext.Response.Headers.ContentDisposition = "attachment; filename=\"workspace.zip\"";
                await archive.WriteAsync(httpContext.Response.Body, httpContext.RequestAborted);
            }
        }
    }
}
