using Gateway.Agents.V1.Upstream;

using Microsoft.Extensions.Options;

using Newtonsoft.Json.Linq;

namespace Gateway.Agents.V1.Rest;

/// <summary>
/// V1's routes about a conversation's workspace: git, files, commands, skills, VS Code (PROTOCOL.md, "V1 REST"). All paths are absolute, as
/// the server has them. Any thread. No call throws for what the server does; each has a limit.
/// </summary>
internal sealed class WorkspaceCalls(V1RestClient rest, PathForm form, IOptions<V1Options> options)
{
    private const string DownloadRoute = "api/file/download";
    private const string UploadRoute = "api/file/upload";

    // V1's own default.
    private const int VscodePort = 8001;

    // A path that is nowhere: what a server says of it tells the form in which it takes paths.
    private const string NoSuchFile = "/.no-such-file";

    // The server's own limit of a command is shorter by this: its answer should come before ours.
    private static readonly TimeSpan s_commandGrace = TimeSpan.FromSeconds(2);

    private readonly TimeSpan _limit = options.Value.RestTimeout;

    /// <summary><c>[{status, path}]</c>, status in V1's words; an empty list where there is no repository, with newer servers.</summary>
    public Task<RestResult> GitChangesAsync(V1Endpoint endpoint, string folder, CancellationToken cancellationToken) =>
        form.AskAsync(endpoint, "api/git/changes", folder, path => GetAsync(endpoint, path, cancellationToken));

    /// <summary><c>{modified, original}</c>, texts or null.</summary>
    public Task<RestResult> GitDiffAsync(V1Endpoint endpoint, string file, CancellationToken cancellationToken) =>
        form.AskAsync(endpoint, "api/git/diff", file, path => GetAsync(endpoint, path, cancellationToken));

    /// <summary><c>{url}</c>; 503 where VS Code is off. It listens beside the server, on a port of its own.</summary>
    public Task<RestResult> VscodeUrlAsync(V1Endpoint endpoint, string folder, CancellationToken cancellationToken)
    {
        var baseUrl = new UriBuilder("http", endpoint.BaseUrl.Host, VscodePort).Uri.GetLeftPart(UriPartial.Authority);
        return GetAsync(endpoint,
            $"api/vscode/url?base_url={Uri.EscapeDataString(baseUrl)}&workspace_dir={Uri.EscapeDataString(folder)}", cancellationToken);
    }

    /// <summary><c>{skills: [{name, type, content, triggers, …}]}</c>: those of the user and of the project in this folder.</summary>
    public Task<RestResult> SkillsAsync(V1Endpoint endpoint, string folder, CancellationToken cancellationToken) =>
        rest.SendAsync(HttpMethod.Post, endpoint, "api/skills",
            new JObject
            {
                ["load_public"] = false,
                ["load_user"] = true,
                ["load_project"] = true,
                ["load_org"] = false,
                ["project_dir"] = folder,
            },
            _limit, cancellationToken);

    /// <summary>Runs a command in a folder: <c>{stdout, stderr, exit_code}</c>.</summary>
    public Task<RestResult> RunAsync(
        V1Endpoint endpoint, string command, string folder, TimeSpan limit, CancellationToken cancellationToken) =>
        rest.SendAsync(HttpMethod.Post, endpoint, "api/bash/execute_bash_command",
            new JObject { ["command"] = command, ["cwd"] = folder, ["timeout"] = Math.Max(1, (int)limit.TotalSeconds) },
            limit + s_commandGrace, cancellationToken);

    public async Task<RestDownload> DownloadAsync(V1Endpoint endpoint, string file, CancellationToken cancellationToken)
    {
        RestDownload? download = null;
        await form.AskAsync(endpoint, DownloadRoute, file, async path =>
        {
            var next = await rest.DownloadAsync(endpoint, path, _limit, cancellationToken);
            download?.Dispose();
            download = next;
            return next.Result;
        });
        return download ?? new RestDownload(RestResult.Unreachable);
    }

    /// <summary>Writes a file, as it is read from <paramref name="content"/>: what that throws is thrown.</summary>
    public async Task<RestResult> UploadAsync(V1Endpoint endpoint, string file, Stream content, CancellationToken cancellationToken)
    {
        // A stream is read once: the form of the path must be known before, and that the server answers at all.
        using var known = await DownloadAsync(endpoint, NoSuchFile, cancellationToken);
        return known.Result.Status == 0
            ? known.Result
            : await rest.UploadAsync(endpoint, form.Write(endpoint, UploadRoute, file), content, cancellationToken);
    }

    private Task<RestResult> GetAsync(V1Endpoint endpoint, string path, CancellationToken cancellationToken) =>
        rest.SendAsync(HttpMethod.Get, endpoint, path, null, _limit, cancellationToken);
}
