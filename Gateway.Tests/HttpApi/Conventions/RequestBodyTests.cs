using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

using Gateway.HttpApi.Conventions;
using Gateway.Tests.Support;

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Tests.HttpApi.Conventions;

/// <summary>Bodies and queries that are hardly any, over a real server: what V0's parser and its validation say to each.</summary>
public sealed class RequestBodyTests : RestTest
{
    private const string Path = "/api/secrets";
    private const string Unreadable = """{"detail":"There was an error parsing the body"}""";

    [Theory]
    [InlineData("{\"name\":\"\u00ff\"}", "latin1")]
    [InlineData("\u00ff\u00fe", "latin1")]
    public async Task Post_BytesThatAreNoText_IsUnreadable(string body, string encoding) =>
        (await PostAsync(Encoding.GetEncoding(encoding).GetBytes(body))).Should().Be((HttpStatusCode.BadRequest, Unreadable));

    [Theory]
    [InlineData(600)]
    [InlineData(100_000)]
    public async Task Post_NestedTooDeep_IsUnreadable(int depth) =>
        (await PostAsync(Encoding.UTF8.GetBytes($"{new string('[', depth)}{new string(']', depth)}")))
            .Should().Be((HttpStatusCode.BadRequest, Unreadable));

    /// <summary>A web server that stops wakes its readers, and still waits for what they read.</summary>
    [Fact]
    public async Task ReadBytesAsync_ReadIsCancelledByTheServer_ReadsOn()
    {
        var pipe = new Pipe();
        var context = new DefaultHttpContext { RequestAborted = CancellationToken.None };
        context.Features.Set<IRequestBodyPipeFeature>(new BodyPipe(pipe.Reader));
        var reading = RequestBody.ReadBytesAsync(context).AsTask();

        pipe.Reader.CancelPendingRead();
        await pipe.Writer.WriteAsync("half"u8.ToArray());
        pipe.Reader.CancelPendingRead();
        await pipe.Writer.WriteAsync(" and half"u8.ToArray());
        await pipe.Writer.CompleteAsync();

        Encoding.UTF8.GetString(await reading.WaitAsync(TestLimits.Step)).Should().Be("half and half");
    }

    [Fact]
    public async Task Post_WithAByteOrderMark_IsRead() =>
        (await PostAsync([.. Encoding.UTF8.Preamble, .. """{"name":"A","value":"v"}"""u8])).Status.Should().Be(HttpStatusCode.Created);

    [Theory]
    [InlineData("""{"a":"😀" x""", 9, "Expecting ',' delimiter")]
    [InlineData("""{"name":"\x"}""", 9, "Invalid \\\\escape")]
    public async Task Post_FaultyJson_SaysWhereInCharacters(string body, int position, string error)
    {
        var (status, text) = await PostAsync(Encoding.UTF8.GetBytes(body));

        status.Should().Be(HttpStatusCode.UnprocessableEntity);
        text.Should().StartWith($$"""{"detail":[{"type":"json_invalid","loc":["body",{{position}}]""")
            .And.EndWith($$$"""{"error":"{{{error}}}"}}]}""");
    }

    [Fact]
    public async Task Post_Null_IsMissing() =>
        (await PostAsync("null"u8.ToArray())).Body.Should()
            .Be("""{"detail":[{"type":"missing","loc":["body"],"msg":"Field required","input":null}]}""");

    [Theory]
    [InlineData("1e3", "1000.0")]
    [InlineData("2.50", "2.5")]
    [InlineData("[0.1e-7,{\"a\":1E16}]", "[1e-08,{\"a\":1e+16}]")]
    [InlineData("12345678901234567890123", "12345678901234567890123")]
    [InlineData("1", "1")]
    public async Task Post_Number_IsRepeatedAsItWasUnderstood(string number, string shown)
    {
        var (status, text) = await PostAsync(Encoding.UTF8.GetBytes($$"""{"name":{{number}},"value":"v"}"""));

        status.Should().Be(HttpStatusCode.UnprocessableEntity);
        text.Should().Be(
            $$"""{"detail":[{"type":"string_type","loc":["body","name"],"msg":"Input should be a valid string","input":{{shown}}}]}""");
    }

    [Theory]
    [InlineData("5", true)]
    [InlineData("%2B5", true)]
    [InlineData("%205%20", true)]
    [InlineData("1_000", true)]
    [InlineData("5.0", true)]
    [InlineData("99999999999999999999", true)]
    [InlineData("5.5", false)]
    [InlineData("5.", false)]
    [InlineData("_5", false)]
    [InlineData("0x5", false)]
    [InlineData("", false)]
    public async Task Get_WholeNumberInAQuery_IsReadAsV0Does(string limit, bool isOne) =>
        (await Rest.GetAsync($"/api/conversations?limit={limit}")).Status.Should()
            .Be(isOne ? HttpStatusCode.OK : HttpStatusCode.UnprocessableEntity);

    [Theory]
    [InlineData(Path)]
    [InlineData("/api/settings")]
    public async Task Post_BodyThatNeverEnds_IsGivenUpWithoutAnError(string path)
    {
        using var store = TempStore.Empty();
        await using var host = await GatewayHost.StartAsync(store, "HttpApi:RequestTimeout=00:00:01");
        host.Log.Expect("Timeout exception handled");
        using var client = await RawEngineClient.ConnectAsync(host.Address.Port);
        await client.WriteAsync(
            $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{\"name\":");

        var answer = await client.ReadResponseAsync();

        (answer.Status, answer.Text).Should().Be((500, "Internal Server Error"));
        await client.ReadToEndAsync();
    }

    private async Task<(HttpStatusCode Status, string Body)> PostAsync(byte[] body)
    {
        using var http = new HttpClient { BaseAddress = Host.Address, Timeout = TestLimits.Step };
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var answer = await http.PostAsync(Path, content);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private sealed record BodyPipe(PipeReader Reader) : IRequestBodyPipeFeature;
}
