using System.Diagnostics;
using System.Text;

using Gateway.Primitives.Json;

using Microsoft.AspNetCore.Http;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>
/// A stand-in V1 server's routes about a workspace. Files are this machine's and commands really run; what git, skills and VS Code say is
/// set by the test. An older server has paths in its addresses, and no skills. Thread-safe; owned by its server.
/// </summary>
internal sealed class StandInV1Workspace(Func<bool> isOld)
{
    /// <summary>Commands run where there is a folder for them; else the server answers them itself.</summary>
    public string? Folder { get; set; }

    public JToken GitChanges { get; set; } = new JArray();

    public JToken? GitDiff { get; set; }

    public JToken Skills { get; set; } = new JArray();

    /// <summary>Null: switched off, 503.</summary>
    public string? VscodeUrl { get; set; }

    /// <summary>True when the request is about a workspace, and answered.</summary>
    public async Task<bool> TryHandleAsync(HttpContext context, string path)
    {
        var (route, file) = Split(path, context.Request.Query["path"]);
        switch (context.Request.Method, route)
        {
            case ("GET", "/api/git/changes"):
                await WriteAsync(context, 200, GitChanges);
                return true;
            case ("GET", "/api/git/diff") when GitDiff is not null:
                await WriteAsync(context, 200, GitDiff);
                return true;
            case ("GET", "/api/file/download"):
                await DownloadAsync(context, file);
                return true;
            case ("POST", "/api/file/upload"):
                await UploadAsync(context, file);
                return true;
            case ("POST", "/api/skills") when !isOld():
                await WriteAsync(context, 200, new JObject { ["skills"] = Skills });
                return true;
            case ("GET", "/api/vscode/url"):
                await (VscodeUrl is { } url
                    ? WriteAsync(context, 200, new JObject { ["url"] = url })
                    : WriteAsync(context, 503, new JObject { ["detail"] = "Internal Server Error" }));
                return true;
            case ("POST", "/api/bash/execute_bash_command") when Folder is not null:
                await ExecuteAsync(context);
                return true;
            default:
                return false;
        }
    }

    /// <summary>The route and the path it is asked about; a form that this server does not know is no route.</summary>
    private (string Route, string File) Split(string path, string? queried)
    {
        if (!isOld())
        {
            return queried is null && path is not "/api/skills" and not "/api/vscode/url" and not "/api/bash/execute_bash_command"
                ? ("", "")
                : (path, queried ?? "");
        }

        string[] routes = ["/api/git/changes", "/api/git/diff", "/api/file/download", "/api/file/upload"];
        return routes.FirstOrDefault(route => path.StartsWith(route + "/", StringComparison.Ordinal)) is { } found
            ? (found, Uri.UnescapeDataString(path[(found.Length + 1)..]))
            : (Array.IndexOf(routes, path) < 0 ? path : "", "");
    }

    private static Task WriteAsync(HttpContext context, int status, JToken body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(body.ToString(Newtonsoft.Json.Formatting.None));
    }

    private static async Task DownloadAsync(HttpContext context, string file)
    {
        if (!File.Exists(file))
        {
            await WriteAsync(context, Directory.Exists(file) ? 400 : 404,
                new JObject { ["detail"] = Directory.Exists(file) ? "Path is not a file" : "File not found" });
            return;
        }

        context.Response.ContentType = "application/octet-stream";
        await context.Response.SendFileAsync(file);
    }

    private static async Task UploadAsync(HttpContext context, string file)
    {
        var form = await context.Request.ReadFormAsync();
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await using var target = File.Create(file);
        await form.Files.Single(static sent => sent.Name == "file").CopyToAsync(target);
        await WriteAsync(context, 200, new JObject { ["success"] = true, ["file_size"] = target.Length });
    }

    private static async Task ExecuteAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        _ = JsonTree.TryReadObject(await reader.ReadToEndAsync(), out var wanted);
        using var shell = Process.Start(new ProcessStartInfo("bash", ["-c", wanted.Text("command")])
        {
            WorkingDirectory = wanted.Text("cwd"),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var stdout = shell.StandardOutput.ReadToEndAsync();
        var stderr = shell.StandardError.ReadToEndAsync();
        await shell.WaitForExitAsync(context.RequestAborted);
        await WriteAsync(context, 200,
            new JObject { ["exit_code"] = shell.ExitCode, ["stdout"] = await stdout, ["stderr"] = await stderr, ["kind"] = "BashOutput" });
    }
}
