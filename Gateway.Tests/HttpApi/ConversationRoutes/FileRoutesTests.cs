using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

using Gateway.Tests.Support;

namespace Gateway.Tests.HttpApi.ConversationRoutes;

/// <summary>Files by REST over a real server: forms as clients and attackers send them, and large ones.</summary>
public sealed class FileRoutesTests : IAsyncLifetime, IDisposable
{
    private const string Id = "9beb4ee242904df397a2f840ccb976b4";
    private const int MaxUpload = 4 * 1_024 * 1_024;

    private readonly TempStore _store = TempStore.Empty();
    private readonly TestWorkspace _workspace = new();
    private readonly HttpClient _http = new() { Timeout = TestLimits.Step };
    private GatewayHost? _host;

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(_store.PathOf("sessions", Id));
        await File.WriteAllTextAsync(
            _store.PathOf("sessions", Id, "metadata.json"),
            $$"""{"conversation_id":"{{Id}}","title":"A","created_at":"2026-11-24T16:52:15.411746Z","selected_repository":null}""");
        _host = await GatewayHost.StartAsync(
            _store, _workspace.Setting, "HttpApi:RateLimit=false", $"HttpApi:MaxUploadBytes={MaxUpload}", "HttpApi:MaxBodyBytes=65536");
        _http.BaseAddress = _host.Address;
    }

    public Task DisposeAsync() => _host!.DisposeAsync().AsTask();

    public void Dispose()
    {
        _http.Dispose();
        _workspace.Dispose();
        _store.Dispose();
    }

    [Fact]
    public async Task Upload_Files_AreStoredByteForByteAndSkippedOnesSaid()
    {
        byte[] content = [.. Enumerable.Range(0, 1_000_000).Select(static i => (byte)(i * 31))];
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent(content), "files", "data.bin" },
            { new ByteArrayContent([1]), "files", "../../out.bin" },
            { new StringContent("ignored"), "other" },
            { new ByteArrayContent([2]), "files", "sub/naïve.bin" },
        };

        var (status, body) = await PostAsync("upload-files", form);

        status.Should().Be(HttpStatusCode.OK);
        body.Should().Be(
            """{"uploaded_files":["/workspace/data.bin","/workspace/sub/naïve.bin"],"skipped_files":[{"name":"../../out.bin","reason":"""
            + "\"Invalid path traversal: /workspace/../../out.bin. Path resolves outside the workspace. "
            + """Resolved: /out.bin, Workspace: /workspace"}]}""");
        (await File.ReadAllBytesAsync(_workspace.PathOf("data.bin"))).Should().Equal(content);
        Directory.GetFileSystemEntries(_workspace.Root).Should().HaveCount(2);
        Directory.GetFileSystemEntries(_workspace.Outside).Should().HaveCount(1);
    }

    [Fact]
    public async Task Upload_AboveTheLimit_Is413AndLeavesNothing()
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(new byte[MaxUpload]), "files", "data.bin" } };

        var (status, body) = await PostAsync("upload-files", form);

        status.Should().Be(HttpStatusCode.RequestEntityTooLarge);
        body.Should().Be("""{"detail":"Request body too large"}""");
        Directory.GetFileSystemEntries(_workspace.Root).Should().BeEmpty();
    }

    [Theory]
    [InlineData("multipart/form-data", "x", 400, """{"detail":"Missing boundary in multipart."}""")]
    [InlineData("multipart/form-data; boundary=b", "no form", 400, """{"detail":"There was an error parsing the body"}""")]
    [InlineData("multipart/form-data; boundary=b",
        "--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.txt\"\r\n\r\ncut", 400,
        """{"detail":"There was an error parsing the body"}""")]
    [InlineData("multipart/form-data; boundary=b",
        "--b\r\nContent-Disposition: form-data; name=\"files\"\r\n\r\nx\r\n--b--\r\n", 422,
        """{"detail":[{"type":"value_error","loc":["body","files",0],"msg":"Value error, Expected UploadFile, """
        + """received: <class 'str'>","input":"x","ctx":{"error":{}}}]}""")]
    [InlineData("multipart/form-data; boundary=b",
        "--b\r\nContent-Disposition: form-data; name=\"other\"; filename=\"a.txt\"\r\n\r\nx\r\n--b--\r\n", 422,
        """{"detail":[{"type":"missing","loc":["body","files"],"msg":"Field required","input":null}]}""")]
    [InlineData("application/json", "{}", 422,
        """{"detail":[{"type":"missing","loc":["body","files"],"msg":"Field required","input":null}]}""")]
    [InlineData("application/x-www-form-urlencoded", "files=x", 422,
        """{"detail":[{"type":"missing","loc":["body","files"],"msg":"Field required","input":null}]}""")]
    public async Task Upload_WrongForm_IsAnsweredAsV0DoesAndLeavesNothing(string type, string body, int status, string expected)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);

        (await PostAsync("upload-files", content)).Should().Be(((HttpStatusCode)status, expected));

        Directory.GetFileSystemEntries(_workspace.Root).Should().BeEmpty();
    }

    [Theory]
    [InlineData("select-file?file=bin", 415, """{"error":"Unable to open binary file: /workspace/bin"}""")]
    [InlineData("select-file?file=pipe", 500,
        """{"error":"Error opening file: **ErrorObservation**\nCannot read directory: /workspace/pipe"}""")]
    [InlineData("select-file?file=a%00b", 500, "Internal Server Error")]
    [InlineData("select-file?file=%2e%2e%2f%2e%2e%2fetc%2fpasswd", 500, "Internal Server Error")]
    [InlineData("select-file?file=/etc/passwd", 500, "Internal Server Error")]
    [InlineData("select-file?file=out", 500, "Internal Server Error")]
    [InlineData("list-files?path=..", 500, "Internal Server Error")]
    [InlineData("list-files?path=etc", 500, "Internal Server Error")]
    [InlineData("git/diff?path=out", 500, "Internal Server Error")]
    public async Task Get_WhatIsNoFileOfTheWorkspace_IsAnsweredAsV0Does(string route, int status, string body)
    {
        await _workspace.ShellAsync("printf '\\0' > bin && mkfifo pipe && ln -s /etc/passwd out && ln -s /etc etc && git init -q .");

        using var answer = await _http.GetAsync($"/api/conversations/{Id}/{route}");

        ((int)answer.StatusCode).Should().Be(status);
        var text = await answer.Content.ReadAsStringAsync();
        text.Should().Be(body);
        text.Should().NotContain(_workspace.Root);
        answer.Headers.Contains("Cache-Control").Should().Be(text != "Internal Server Error");
    }

    [Theory]
    [InlineData("""{"filePath":"new/a.txt","content":"héllo"}""", 200, """{"message":"File saved successfully"}""")]
    [InlineData("""{"filePath":"","content":"x"}""", 400, """{"detail":"Missing filePath or content"}""")]
    [InlineData("""{"filePath":"a.txt"}""", 400, """{"detail":"Missing filePath or content"}""")]
    [InlineData("x", 400, """{"detail":"Missing filePath or content"}""")]
    public async Task Save_TextFile_IsWritten(string body, int status, string expected)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");

        (await PostAsync("save-file", content)).Should().Be(((HttpStatusCode)status, expected));

        Directory.GetFiles(_workspace.Root, "*", SearchOption.AllDirectories).Should().HaveCount(status == 200 ? 1 : 0);
    }

    [Fact]
    public async Task Zip_OfALargeFolder_IsStreamedWhole()
    {
        await _workspace.ShellAsync("head -c 20000000 /dev/urandom > big && for i in $(seq 300); do echo $i > f$i; done");

        using var answer = await _http.GetAsync($"/api/conversations/{Id}/zip-directory", HttpCompletionOption.ResponseHeadersRead);
        await using var body = await answer.Content.ReadAsStreamAsync();
        using var bytes = new MemoryStream();
        await body.CopyToAsync(bytes).WaitAsync(TestLimits.Step);

        answer.Content.Headers.ContentType!.ToString().Should().Be("application/zip");
        answer.Content.Headers.ContentDisposition!.ToString().Should().Be("attachment; filename=\"workspace.zip\"");
        using var zip = new ZipArchive(bytes);
        zip.Entries.Should().HaveCount(301);
        await using var big = await zip.GetEntry("big")!.OpenAsync();
        using var unpacked = new MemoryStream();
        await big.CopyToAsync(unpacked);
        unpacked.ToArray().Should().Equal(await File.ReadAllBytesAsync(_workspace.PathOf("big")));
    }

    private async Task<(HttpStatusCode Status, string Body)> PostAsync(string route, HttpContent content)
    {
        using var answer = await _http.PostAsync($"/api/conversations/{Id}/{route}", content);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
