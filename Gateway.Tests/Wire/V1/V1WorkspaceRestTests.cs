using System.IO.Compression;
using System.Net;
using System.Text;

using Gateway.Tests.Support;

using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Gateway.Tests.Wire.V1;

/// <summary>V0's routes below a conversation through the whole gateway, answered from a V1 server's workspace.</summary>
public sealed class V1WorkspaceRestTests : IDisposable
{
    private const string Root = $"/api/conversations/{V1Stage.Id}";

    private readonly HttpClient _http = new() { Timeout = TestLimits.Step };
    private readonly TempStore _folder = TempStore.Empty();

    public void Dispose()
    {
        _http.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Git_ChangesAndDiff_AreV1sInV0sForm(bool isNew)
    {
        await using var stage = await StartAsync(isNew);
        stage.Server.Rest.Workspace.GitChanges = JToken.Parse(
            """[{"status":"UPDATED","path":"app.py"},{"status":"ADDED","path":"docs/neu é.txt"},{"status":"DELETED","path":"old"}]""");
        stage.Server.Rest.Workspace.GitDiff = JToken.Parse("""{"modified":"print('two')","original":null}""");

        (await GetAsync(stage, "git/changes")).Should().Be(
            (HttpStatusCode.OK, """[{"status":"M","path":"app.py"},{"status":"A","path":"docs/neu é.txt"},{"status":"D","path":"old"}]"""));
        (await GetAsync(stage, "git/diff?path=docs%2Fneu%20%C3%A9.txt")).Should().Be(
            (HttpStatusCode.OK, """{"modified":"print('two')","original":""}"""));
        var asked = Uri.EscapeDataString($"{_folder.Root}/docs/neu é.txt");
        stage.Server.Rest.Requests.Last().Should().Be($"GET /api/git/diff{(isNew ? "?path=" : "/")}{asked}");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Files_UploadedListedReadAndZipped_AreV1s(bool isNew)
    {
        await using var stage = await StartAsync(isNew);
        var large = Enumerable.Range(0, 3_000_000).Select(static i => (byte)(i * 31 >> 3)).ToArray();
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent(Encoding.UTF8.GetBytes("eins\nzwei")), "files", "notes 1.txt" },
            { new ByteArrayContent(large), "files", "large.bin" },
        };

        using var answer = await _http.PostAsync(new Uri(stage.Host.Address, $"{Root}/upload-files"), form);

        (await answer.Content.ReadAsStringAsync()).Should().Be(
            $$"""{"uploaded_files":["{{_folder.PathOf("notes 1.txt")}}","{{_folder.PathOf("large.bin")}}"],"skipped_files":[]}""");
        (await File.ReadAllBytesAsync(_folder.PathOf("large.bin"))).Should().Equal(large);
        (await GetAsync(stage, "list-files")).Should().Be(
            (HttpStatusCode.OK, $"""["{_folder.PathOf("large.bin")}","{_folder.PathOf("notes 1.txt")}"]"""));
        (await GetAsync(stage, "select-file?file=notes%201.txt")).Should().Be((HttpStatusCode.OK, """{"code":"eins\nzwei"}"""));
        using var zip = new ZipArchive(await _http.GetStreamAsync(new Uri(stage.Host.Address, $"{Root}/zip-directory")));
        zip.Entries.Select(static entry => entry.FullName).Should().BeEquivalentTo("large.bin", "notes 1.txt");
    }

    [Fact]
    public async Task Editor_OffAndOn_IsNothingOrItsAddress()
    {
        await using var stage = await StartAsync();

        (await GetAsync(stage, "vscode-url")).Should().Be((HttpStatusCode.OK, """{"vscode_url":null}"""));
        stage.Server.Rest.Workspace.VscodeUrl = "http://127.0.0.1:8001/?tkn=t";
        (await GetAsync(stage, "vscode-url")).Should().Be((HttpStatusCode.OK, """{"vscode_url":"http://127.0.0.1:8001/?tkn=t"}"""));
    }

    [Fact]
    public async Task Microagents_OfARunningConversation_AreV1sSkills()
    {
        await using var stage = await StartAsync();
        stage.Server.Rest.Workspace.Skills = JToken.Parse(
            """[{"name":"deploy","type":"agentskills","content":"Deploy with make.","triggers":["deploy"]}]""");
        using var started = await _http.PostAsync(new Uri(stage.Host.Address, $"{Root}/start"), null);

        (await GetAsync(stage, "microagents")).Should().Be((
            HttpStatusCode.OK,
            """{"microagents":[{"name":"deploy","type":"knowledge","content":"Deploy with make.","triggers":["deploy"],"inputs":[],"tools":[]}]}"""));
    }

    [Fact]
    public async Task Everything_V1Away_IsV0sErrorInTime()
    {
        await using var stage = await StartAsync(settings: "V1:RestTimeout=00:00:00.500");
        using var started = await _http.PostAsync(new Uri(stage.Host.Address, $"{Root}/start"), null);
        (await GetAsync(stage, "git/changes")).Status.Should().Be(HttpStatusCode.OK);
        stage.Server.HeldUntil = new TaskCompletionSource().Task;

        foreach (var route in new[] { "git/changes", "git/diff?path=a", "select-file?file=a", "list-files", "zip-directory" })
        {
            var (status, text) = await GetAsync(stage, route);
            status.Should().Be(HttpStatusCode.InternalServerError, "{0}", route);
            JToken.Parse(text).ToString(Formatting.None).Should().Be(text, "{0} is V0's error", route);
        }

        (await GetAsync(stage, "vscode-url")).Should().Be((HttpStatusCode.OK, """{"vscode_url":null}"""), "no toast for a missing editor");
        using var form = new MultipartFormDataContent { { new ByteArrayContent([1]), "files", "a" } };
        using var answer = await _http.PostAsync(new Uri(stage.Host.Address, $"{Root}/upload-files"), form);
        (await answer.Content.ReadAsStringAsync()).Should().Be(
            """{"uploaded_files":[],"skipped_files":[{"name":"a","reason":"The agent server cannot be reached."}]}""");
    }

    private async Task<V1Stage> StartAsync(bool isNew = true, params string[] settings)
    {
        var stage = await V1Stage.StartAsync("v1/hello", isNew, "NeverConfirm", ["HttpApi:RateLimit=false", .. settings]);
        stage.Server.Rest.SetFolder(stage.Server.ConversationId, _folder.Root);
        stage.Server.Rest.Workspace.Folder = _folder.Root;
        return stage;
    }

    private async Task<(HttpStatusCode Status, string Text)> GetAsync(V1Stage stage, string route)
    {
        using var answer = await _http.GetAsync(new Uri(stage.Host.Address, $"{Root}/{route}"));
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
