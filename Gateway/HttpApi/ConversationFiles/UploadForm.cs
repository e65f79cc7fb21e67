using System.Text;

using Gateway.Conversations.Workspaces;
using Gateway.HttpApi.Conventions;

using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.ConversationFiles;

/// <summary>
/// Files of a form, each stored while it is read: no part of them is kept in memory. What is no file, or cannot be stored, is told as V0
/// tells it. Used for one request.
/// </summary>
internal sealed class UploadForm(HttpContext context)
{
    private const string Field = "files";
    private const int MaxFiles = 1_000;
    private const int MaxTextBytes = 64 * 1_024;
    private const int MaxBoundaryLength = 256;

    private readonly RequestErrors _errors = new();
    private readonly JArray _uploaded = [];
    private readonly JArray _skipped = [];
    private int _count;

    public async Task<IResult> StoreAsync(IWorkspace workspace, CancellationToken cancellationToken)
    {
        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type)
            || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
        {
            return NoFiles();
        }

        if (HeaderUtilities.RemoveQuotes(type.Boundary).ToString() is not { Length: > 0 and <= MaxBoundaryLength } boundary)
        {
            return ApiAnswer.Detail(StatusCodes.Status400BadRequest, "Missing boundary in multipart.");
        }

        if (await ReadAsync(new MultipartReader(boundary, context.Request.Body), workspace, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        if (_errors.Any)
        {
            return _errors.Answer;
        }

        return _count == 0
            ? NoFiles()
            : ApiAnswer.Of(new JObject { ["uploaded_files"] = _uploaded, ["skipped_files"] = _skipped });
    }

    private async Task<IResult?> ReadAsync(MultipartReader form, IWorkspace workspace, CancellationToken cancellationToken)
    {
        try
        {
            while (await form.ReadNextSectionAsync(cancellationToken) is { } section)
            {
                if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition)
                    || HeaderUtilities.RemoveQuotes(disposition.Name) != Field)
                {
                    continue;
                }

                if (_count == MaxFiles)
                {
                    return ApiAnswer.Detail(
                        StatusCodes.Status400BadRequest, $"Too many files. Maximum number of files is {MaxFiles}.");
                }

                if (FileNameOf(disposition) is { } name)
                {
                    await StoreAsync(name, section.Body, workspace, cancellationToken);
                }
                else
                {
                    _errors.Rule(["body", Field, _count], "Expected UploadFile, received: <class 'str'>",
                        await ReadTextAsync(section.Body, cancellationToken));
                }

                _count++;
            }

            return null;
        }
        catch (Exception exception) when (exception is InvalidDataException or (IOException and not BadHttpRequestException))
        {
            // The form ends before its end, or is none. The disk's errors are answers of the workspace.
            return ApiAnswer.Detail(StatusCodes.Status400BadRequest, "There was an error parsing the body");
        }
    }

    private async Task StoreAsync(string name, Stream content, IWorkspace workspace, CancellationToken cancellationToken)
    {
        var result = await workspace.UploadAsync(name, content, cancellationToken);
        if (result.TryGet(out var path, out var error))
        {
            _uploaded.Add(path);
        }
        else
        {
            _skipped.Add(new JObject { ["name"] = name, ["reason"] = error.Message });
        }
    }

    private ApiAnswer NoFiles()
    {
        _errors.Missing(["body", Field], null);
        return _errors.Answer;
    }

    /// <summary>Null when the field has none; it may be empty.</summary>
    private static string? FileNameOf(ContentDispositionHeaderValue disposition) =>
        disposition.FileNameStar.HasValue ? disposition.FileNameStar.ToString()
        : disposition.FileName.HasValue
            ? HeaderUtilities.RemoveQuotes(HeaderUtilities.UnescapeAsQuotedString(disposition.FileName)).ToString()
        : null;

    private static async ValueTask<string> ReadTextAsync(Stream content, CancellationToken cancellationToken)
    {
        var bytes = new byte[MaxTextBytes];
        var read = await content.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
        return Encoding.UTF8.GetString(bytes, 0, read);
    }
}
