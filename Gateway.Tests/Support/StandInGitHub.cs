using System.Collections.Concurrent;
using System.Text;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Support;

/// <summary>
/// As much of GitHub's API as V0 asks, on a loopback port, with answers in GitHub's form: one user, one organization, a few repositories.
/// One test owns it; any thread.
/// </summary>
internal sealed class StandInGitHub : IAsyncDisposable
{
    public const string Token = "not-a-real-token";

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<string> _asked = new();

    private StandInGitHub(WebApplication app)
    {
        _app = app;
        app.Run(AnswerAsync);
    }

    public string Address => _app.Urls.Single() + "/";

    /// <summary>Method, path and query of every request.</summary>
    public IReadOnlyCollection<string> Asked => _asked;

    /// <summary>What every request is answered with instead; null for the usual.</summary>
    public Func<HttpContext, Task>? Instead { get; set; }

    /// <summary>How many repositories the user has.</summary>
    public int Repositories { get; set; } = 3;

    public static async Task<StandInGitHub> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var standIn = new StandInGitHub(builder.Build());
        await standIn._app.StartAsync().WaitAsync(TestLimits.Step);
        return standIn;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync().AsTask().WaitAsync(TestLimits.Step);

    private async Task AnswerAsync(HttpContext context)
    {
        _asked.Enqueue($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}");
        if (Instead is { } instead)
        {
            await instead(context);
            return;
        }

        if (context.Request.Headers.Authorization != $"Bearer {Token}")
        {
            await WriteAsync(context, 401, new JObject { ["message"] = "Bad credentials" });
            return;
        }

        var answer = context.Request.Path.Value switch
        {
            "/" => new JObject { ["current_user_url"] = Address + "user" },
            "/user" => User("ada", "User"),
            "/user/installations" => new JObject
            {
                ["total_count"] = 1,
                ["installations"] = new JArray(new JObject { ["id"] = 4711, ["account"] = User("octo", "Organization") }),
            },
            "/user/orgs" => new JArray(new JObject { ["id"] = 9, ["login"] = "octo" }),
            "/user/repos" => Page(context, [.. Enumerable.Range(1, Repositories).Select(static id => Repository(id, $"ada/r{id}"))]),
            "/user/installations/4711/repositories" => new JObject
            {
                ["total_count"] = 1,
                ["repositories"] = new JArray(Repository(7, "octo/hello")),
            },
            "/search/repositories" => new JObject
            {
                ["total_count"] = 1,
                ["incomplete_results"] = false,
                ["items"] = new JArray(Repository(7, "octo/hello")),
            },
            "/repos/octo/hello" => Repository(7, "octo/hello"),
            "/repos/octo/hello/branches" => Page(context,
                [.. Enumerable.Range(1, Repositories).Select(static number => Branch($"b{number}"))]),
            "/repos/octo/hello/contents/.cursorrules" => File(".cursorrules", ".cursorrules", "Be brief.\n"),
            "/repos/octo/hello/contents/.openhands/microagents" => new JArray(
                File("deploy.md", ".openhands/microagents/deploy.md", null),
                File("README.md", ".openhands/microagents/README.md", null),
                File("notes.txt", ".openhands/microagents/notes.txt", null)),
            "/repos/octo/hello/contents/.openhands/microagents/deploy.md" => File("deploy.md", ".openhands/microagents/deploy.md",
                "---\nname: deploy\ntriggers:\n- deploy\n- \"ship it\"\n---\n\nHow to deploy é.\n"),
            "/graphql" => Query(await new StreamReader(context.Request.Body).ReadToEndAsync()),
            _ => (JToken?)null,
        };
        await (answer is null
            ? WriteAsync(context, 404, new JObject { ["message"] = "Not Found" })
            : WriteAsync(context, 200, answer));
    }

    public static async Task WriteAsync(HttpContext context, int status, JToken json)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        await context.Response.WriteAsync(json.ToString(Formatting.None));
    }

    private JArray Page(HttpContext context, JObject[] all)
    {
        var page = int.Parse(context.Request.Query["page"].ToString());
        var size = int.Parse(context.Request.Query["per_page"].ToString());
        if (page * size < all.Length)
        {
            context.Response.Headers.Link = $"<{Address}?page={page + 1}>; rel=\"next\"";
        }

        return new JArray(all.Skip((page - 1) * size).Take(size));
    }

    private static JObject User(string login, string type) => new()
    {
        ["id"] = 42,
        ["login"] = login,
        ["avatar_url"] = "https://avatars.example.test/42",
        ["type"] = type,
        ["company"] = null,
        ["name"] = "Ada L.",
        ["email"] = null,
    };

    private static JObject Repository(int id, string name) => new()
    {
        ["id"] = id,
        ["full_name"] = name,
        ["name"] = name.Split('/')[1],
        ["private"] = id % 2 == 0,
        ["stargazers_count"] = 10 * id,
        ["default_branch"] = "main",
        ["pushed_at"] = "2026-11-24T16:50:12Z",
        ["owner"] = User(name.Split('/')[0], name.StartsWith("octo", StringComparison.Ordinal) ? "Organization" : "User"),
    };

    private static JObject Branch(string name) => new()
    {
        ["name"] = name,
        ["commit"] = new JObject { ["sha"] = "5ha-" + name, ["url"] = "https://api.example.test/" },
        ["protected"] = name == "b1",
    };

    private static JObject File(string name, string path, string? content) => new()
    {
        ["type"] = "file",
        ["name"] = name,
        ["path"] = path,
        ["sha"] = "5ha",
        ["size"] = 1,
        ["encoding"] = "base64",
        ["content"] = content is null ? null : Convert.ToBase64String(Encoding.UTF8.GetBytes(content)),
    };

    private static JObject Query(string body) => new()
    {
        ["data"] = body.Contains("refPrefix", StringComparison.Ordinal)
            ? WireJson.Parse(
                """{"repository":{"refs":{"nodes":[{"name":"main","target":{"__typename":"Commit","oid":"abc","committedDate":"2026-11-24T16:50:12Z"},"branchProtectionRule":{"id":"x"}},{"name":"misc","target":{"__typename":"Tag"},"branchProtectionRule":null}]}}}""")
            : body.Contains("pullRequests", StringComparison.Ordinal)
                ? WireJson.Parse(
                    """{"user":{"pullRequests":{"nodes":[{"number":1,"title":"conflict","repository":{"nameWithOwner":"octo/hello"},"mergeable":"CONFLICTING","commits":{"nodes":[]},"reviews":{"nodes":[]}},{"number":2,"title":"red","repository":{"nameWithOwner":"octo/hello"},"mergeable":"MERGEABLE","commits":{"nodes":[{"commit":{"statusCheckRollup":{"state":"FAILURE"}}}]},"reviews":{"nodes":[]}},{"number":3,"title":"asked","repository":{"nameWithOwner":"octo/hello"},"mergeable":"MERGEABLE","commits":{"nodes":[{"commit":{"statusCheckRollup":null}}]},"reviews":{"nodes":[{"state":"COMMENTED"}]}},{"number":4,"title":"fine","repository":{"nameWithOwner":"octo/hello"},"mergeable":"MERGEABLE","commits":{"nodes":[]},"reviews":{"nodes":[]}}]}}}""")
                : WireJson.Parse(
                    """{"user":{"issues":{"nodes":[{"number":5,"title":"an issue","repository":{"nameWithOwner":"octo/hello"}}]}}}"""),
    };
}
