using System.Globalization;
using System.Text;

using Gateway.Conversations.Workspaces;
using Gateway.HttpApi.Settings;
using Gateway.Primitives.Json;

using Newtonsoft.Json.Linq;

namespace Gateway.HttpApi.Git;

/// <summary>The microagents that lie in a repository: <c>.cursorrules</c>, and V0's folder. Stateless; any thread.</summary>
internal static class GitHubMicroagents
{
    private const string CursorRules = ".cursorrules";

    private static readonly string[] s_withoutFields = [CursorRules, "agents.md", "agent.md", ".openhands_instructions"];

    /// <summary>Their names and places; what cannot be read is left out.</summary>
    public static async Task<JArray> ListAsync(
        GitHubAccount account, RepositoryName repository, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var found = new JArray();
        if ((await TryGetAsync(account, repository, CursorRules, cancellationToken)).Count > 0)
        {
            found.Add(Show("cursorrules", CursorRules, now));
        }

        // Repositories that hold nothing but a user's microagents have them at the top.
        var folder = repository.Name is ".openhands" or "openhands-config" ? "microagents" : ".openhands/microagents";
        foreach (var file in await TryGetAsync(account, repository, folder, cancellationToken))
        {
            var name = file.Text("name");
            if (file.Text("type") == "file" && name.EndsWith(".md", StringComparison.Ordinal) && name != "README.md")
            {
                found.Add(Show(name.Replace(".md", "", StringComparison.Ordinal), $"{folder}/{name}", now));
            }
        }

        return found;
    }

    /// <summary>The text of one, and the words that call it. Null when there is no such file.</summary>
    public static async Task<JObject?> ReadAsync(
        GitHubAccount account, RepositoryName repository, string path, CancellationToken cancellationToken)
    {
        if (path.Split('/').Any(static part => part is "" or "." or ".."))
        {
            return null;
        }

        var files = await account.GetContentsAsync(repository, path, cancellationToken);
        if (files is not [var file] || !TryDecode(file.TextOrNull("content"), out var text))
        {
            return null;
        }

        var fields = HasFields(path) ? FrontMatter.Parse(text.ReplaceLineEndings("\n")) : null;
        return new JObject
        {
            ["content"] = fields?.Text ?? text,
            ["path"] = path,
            ["triggers"] = new JArray(fields?.Texts("triggers") ?? []),
            ["git_provider"] = KnownGitProviders.GitHub,
        };
    }

    // Instructions that other tools read too are text alone.
    private static bool HasFields(string path) =>
        !s_withoutFields.Contains(path[(path.LastIndexOf('/') + 1)..], StringComparer.OrdinalIgnoreCase);

    /// <summary>Base64 in lines, of UTF-8.</summary>
    private static bool TryDecode(string? content, out string text)
    {
        var bytes = new byte[content?.Length ?? 0];
        var isDecoded = Convert.TryFromBase64String(content ?? "", bytes, out var length);
        text = isDecoded ? Encoding.UTF8.GetString(bytes, 0, length) : "";
        return isDecoded && content is not null;
    }

    private static async Task<IReadOnlyList<JObject>> TryGetAsync(
        GitHubAccount account, RepositoryName repository, string path, CancellationToken cancellationToken)
    {
        try
        {
            return await account.GetContentsAsync(repository, path, cancellationToken);
        }
        catch (GitProviderException)
        {
            return [];
        }
    }

    private static JObject Show(string name, string path, DateTimeOffset now) => new()
    {
        ["name"] = name,
        ["path"] = path,

        // V0 says when it looked.
        ["created_at"] = now.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffff", CultureInfo.InvariantCulture),
    };
}
