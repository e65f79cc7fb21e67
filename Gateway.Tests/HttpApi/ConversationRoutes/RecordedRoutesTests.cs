using System.Net;
using System.Text;

using Gateway.Conversations;
using Gateway.Conversations.Runtime;
using Gateway.Tests.Support;
using Gateway.Tools.Har;

using Microsoft.Extensions.DependencyInjection;

using Newtonsoft.Json.Linq;

namespace Gateway.Tests.HttpApi.ConversationRoutes;

/// <summary>
/// What real V0 servers were asked below a conversation, asked of the gateway over the same store and workspace: status, type and body are
/// V0's, but for the differences that are intended.
/// </summary>
public sealed class RecordedRoutesTests
{
    private const string KeyHeader = "x-session-api-key";

    private static readonly string[] s_routes =
    [
        "config", "vscode-url", "web-hosts", "events", "trajectory", "git", "list-files", "select-file", "zip-directory", "upload-files",
        "microagents", "remember-prompt", "message", "submit-feedback", "exp-config",
    ];

    [Theory]
    [InlineData("rest-around")]
    [InlineData("rest-errors")]
    [InlineData("rest-errors-keyed")]
    [InlineData("rest-git")]
    [InlineData("rest-one-conversation")]
    [InlineData("rest-rare")]
    [InlineData("ui-changes-tab")]
    [InlineData("ui-changes-tab-no-git")]
    [InlineData("ui-feedback")]
    [InlineData("ui-microagents")]
    [InlineData("ui-microagents-none")]
    [InlineData("ui-trajectory-export")]
    [InlineData("ui-upload-file")]
    public async Task Recording_AskedOfTheGateway_IsAnsweredAsV0Did(string name)
    {
        var recording = Recording.Named(name);
        using var store = Directory.Exists(recording.Store) ? recording.CopyStore() : recording.CopyStoreAfter();
        using var workspace = new TestWorkspace();
        if (name == "rest-around")
        {
            // Its store was kept afterwards; these came later than what is asked here.
            Keep(store, 12);
            await workspace.ShellAsync(
                "mkdir -p .downloads .openhands/microagents && printf x > '多语言 file.txt'"
                + " && printf 'def add(a, b):\n    return a + b\n\n\nprint(add(2, 3))\n' > app.py"
                + " && printf 'This workspace holds one small program, app.py.\n' > .openhands/microagents/repo.md"
                + " && printf -- '---\ntriggers:\n- pytest\n---\nRun the tests with `python3 -m pytest -q`.\n' > .openhands/microagents/tests.md");
        }

        string[] key = name == "rest-errors-keyed" ? ["SESSION_API_KEY=test-session-key"] : [];
        await using var host = await GatewayHost.StartAsync(store, [workspace.Setting, "HttpApi:RateLimit=false", .. key]);
        var steps = new Queue<string>(Steps(name));
        if (name != "rest-git")
        {
            while (steps.TryDequeue(out var step))
            {
                await workspace.ShellAsync(step);
            }
        }

        using var http = new HttpClient { BaseAddress = host.Address, Timeout = TestLimits.Step };
        foreach (var entry in Entries(name))
        {
            if (RouteOf(entry) is not ({ } id, { } route))
            {
                continue;
            }

            if (name == "rest-git" && route == "git/changes")
            {
                await workspace.ShellAsync(steps.Dequeue());
            }

            if (s_routes.Contains(route.Split('/')[0]))
            {
                await EnsureRunsAsync(host, entry, id, name);
                await CompareAsync(http, entry, route);
            }
            else
            {
                await LiveAsync(host, entry, id, route);
            }
        }

        steps.Should().BeEmpty();
    }

    /// <summary>The life of the conversation goes on beside the routes that are looked at.</summary>
    private static async Task LiveAsync(GatewayHost host, HarEntry entry, ConversationId id, string route)
    {
        var conversations = host.Services.GetRequiredService<ConversationService>();
        var key = new ConversationKey(id);
        _ = entry.Status == 401 ? false : (entry.Method, route) switch
        {
            ("POST", "start") => await conversations.StartAsync(key, CancellationToken.None) is null,
            ("POST", "stop") => await conversations.CloseAsync(key, SessionCloseReason.Stopped, CancellationToken.None),
            ("DELETE", "") => await conversations.DeleteAsync(key, CancellationToken.None),
            _ => false,
        };
    }

    /// <summary>In these recordings a socket, which is not played here, has the conversation running.</summary>
    private static async Task EnsureRunsAsync(GatewayHost host, HarEntry entry, ConversationId id, string name)
    {
        var isLiveByRest = name is "rest-one-conversation" or "rest-rare" or "rest-git";
        if (!isLiveByRest && entry.Status is not (401 or 404))
        {
            await host.Services.GetRequiredService<ConversationService>().StartAsync(new ConversationKey(id), CancellationToken.None);
        }
    }

    private static async Task CompareAsync(HttpClient http, HarEntry entry, string route)
    {
        using var request = new HttpRequestMessage(new HttpMethod(entry.Method), entry.Url.PathAndQuery);
        if (entry.RequestBody is { Length: > 0 } body)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", Header(entry.RequestHeaders, "content-type"));
        }

        if (Header(entry.RequestHeaders, KeyHeader) is { Length: > 0 } key)
        {
            request.Headers.Add(KeyHeader, key);
        }

        using var answer = await http.SendAsync(request);

        var text = await answer.Content.ReadAsStringAsync();
        var because = $"{entry.Index} {entry.Method} {entry.Url.PathAndQuery}: {text[..Math.Min(text.Length, 300)]}";
        if (IsIntended(entry, route))
        {
            answer.StatusCode.Should().Be(HttpStatusCode.OK, because);
            return;
        }

        ((int)answer.StatusCode).Should().Be(entry.Status, because);
        answer.Content.Headers.ContentType?.ToString().Should().Be(Header(entry.ResponseHeaders, "content-type"), because);
        foreach (var header in new[] { "pragma", "content-disposition" })
        {
            var values = answer.Headers.Concat(answer.Content.Headers)
                .Where(pair => pair.Key.Equals(header, StringComparison.OrdinalIgnoreCase)).SelectMany(static pair => pair.Value);
            (values.SingleOrDefault() ?? "").Should().Be(Header(entry.ResponseHeaders, header), because);
        }

        if (route != "zip-directory")
        {
            CompareBodies(route, text, entry.ResponseBody ?? "", because);
        }
    }

    private static void CompareBodies(string route, string text, string recorded, string because)
    {
        var (ours, theirs) = (WireJson.TryParse(text), WireJson.TryParse(recorded));
        if (theirs is null)
        {
            text.Should().Be(recorded, because);
            return;
        }

        ours.Should().NotBeNull(because);
        text.Length.Should().Be(ours!.ToString(Newtonsoft.Json.Formatting.None).Length, "it is compact: {0}", because);
        switch (route)
        {
            case "list-files" when theirs is JArray:
                ours.Values<string>().Should().BeEquivalentTo(theirs.Values<string>(), because);
                break;
            case "trajectory" when theirs["trajectory"] is JArray:
                // What is told of an agent's start and end is the agent's.
                ours["trajectory"]!.Take(theirs["trajectory"]!.Count()).Should().Equal(theirs["trajectory"]!, JToken.DeepEquals, because);
                break;
            case "upload-files" when ours["skipped_files"] is JArray { Count: > 0 } skipped:
                // Where the recorded server's own workspace lay is nobody's business here.
                ((string?)skipped[0]["reason"]).Should().Be(
                    ((string?)theirs["skipped_files"]![0]!["reason"])!.Replace("/srv/server", "", StringComparison.Ordinal));
                ours["uploaded_files"].Should().Equal(theirs["uploaded_files"]!, JToken.DeepEquals, because);
                break;
            default:
                JToken.DeepEquals(ours, theirs).Should().BeTrue("{0}, and V0: {1}", because, recorded);
                break;
        }
    }

    /// <summary>
    /// No editor is no error; a name with a blank spoils no list; what was deleted can be looked at; and a workspace without git is one of
    /// those whose helper V0 found.
    /// </summary>
    private static bool IsIntended(HarEntry entry, string route) => entry.Status == 500 && route switch
    {
        "vscode-url" => true,
        "git/changes" => true,
        "git/diff" => entry.Url.Query == "?path=a.txt" && entry.Index == 15,
        _ => false,
    };

    private static IEnumerable<HarEntry> Entries(string name)
    {
        using var text = File.OpenText(Repository.PathOf("protocol-fixtures", "v0", name, HarFile.FixtureName));
        var har = HarReader.Read(text, out var problem) ?? throw new InvalidDataException(problem);
        return har.Entries;
    }

    private static void Keep(TempStore store, int throughId)
    {
        var id = store.Conversations().Single();
        Directory.Delete(store.PathOf("sessions", id, "event_cache"), recursive: true);
        foreach (var file in Directory.GetFiles(store.PathOf("sessions", id, "events")))
        {
            if (int.Parse(Path.GetFileNameWithoutExtension(file), System.Globalization.CultureInfo.InvariantCulture) > throughId)
            {
                File.Delete(file);
            }
        }
    }

    private static IEnumerable<string> Steps(string name)
    {
        var fixture = JObject.Parse(File.ReadAllText(Repository.PathOf("protocol-fixtures", "v0", name, "fixture.json")));
        return (fixture["workspace"] as JArray)?.Values<string>().OfType<string>() ?? [];
    }

    private static (ConversationId Id, string Route)? RouteOf(HarEntry entry)
    {
        const string Prefix = "/api/conversations/";
        if (!entry.Url.AbsolutePath.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        var parts = entry.Url.AbsolutePath[Prefix.Length..].Split('/', 2);
        return ConversationId.TryParse(parts[0], out var id) ? (id, parts.ElementAtOrDefault(1) ?? "") : null;
    }

    private static string Header(IEnumerable<HarHeader> headers, string name) =>
        headers.Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(static header => header.Value)
            .FirstOrDefault() ?? "";
}
