using System.Text;

using Gateway.Tests.Support;
using Gateway.Tools.Har;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Tools.Record;

/// <summary>REST through the recording proxy: passed on whole and as it comes, kept without secrets and within bounds.</summary>
public sealed class RestRecordingTests
{
    private const string Key = "sk-a-real-key-of-the-user";

    [Theory]
    [InlineData("/api/settings", """{"llm_model":"m","llm_api_key":"KEY","search_api_key":"KEY-2"}""")]
    [InlineData("/api/settings", """{"mcp_config":{"sse_servers":[{"url":"https://a","api_key":"KEY"}],"stdio_servers":[{"name":"a","env":{"ANY":"KEY"}}]}}""")]
    [InlineData("/api/secrets", """{"name":"DB","value":"KEY","description":"d"}""")]
    [InlineData("/api/add-git-providers", """{"provider_tokens":{"github":{"token":"KEY","host":null}}}""")]
    [InlineData("/api/settings", """{"llm_api_key":"KEY" and no JSON""")]
    [InlineData("/api/settings", """{"llm_api_key":["KEY"],"x":{"token":{"any":"KEY"}}}""")]
    [InlineData("/api/settings", """{"llm_base_url":"https://u:KEY@a/v1"}""")]
    [InlineData("/api/settings", """{"mcp_config":{"sse_servers":[{"url":"https://a/sse?x=1&api_key=KEY"}]}}""")]
    [InlineData("/api/settings", """{"mcp_config":{"stdio_servers":[{"name":"a","args":["--token","KEY","--key=KEY"]}]}}""")]
    [InlineData("/api/settings", """{"detail":[{"loc":["body"],"input":"KEY"}]}""")]
    [InlineData("/api/secrets", "\"KEY\"")]
    [InlineData("/api/secrets", """{"custom_secrets":{"DB":"KEY"}}""")]
    [InlineData("/api/add-git-providers", """{"provider_tokens":{"gitlab":"KEY"}}""")]
    public async Task Record_SecretsInBodies_AreNowhereInTheFile(string path, string template)
    {
        var body = template.Replace("KEY", Key, StringComparison.Ordinal);
        await using var upstream = await StartAsync(static async context =>
        {
            // Answers with what it was sent, under other names too.
            using var reader = new StreamReader(context.Request.Body);
            var sent = await reader.ReadToEndAsync();
            context.Response.ContentType = "application/json";
            var isJson = sent.EndsWith('}') && !sent.Contains("no JSON", StringComparison.Ordinal);
            await context.Response.WriteAsync(isJson ? $"{{\"echo\":{sent},\"words\":\"{Key}\"}}" : sent);
        });
        await using var recording = await RecordingHost.StartAsync(new Uri(upstream.Urls.Single()), withHttp: true);
        using var http = new HttpClient { BaseAddress = recording.Address };
        using var content = new StringContent(body, Encoding.UTF8, "application/json");

        using var response = await http.PostAsync(new Uri(path, UriKind.Relative), content).WaitAsync(TestLimits.Step);
        var answer = await response.Content.ReadAsStringAsync();
        await recording.StopAsync();

        answer.Should().Contain(Key, "the proxy passes all of it on");
        var file = File.ReadAllText(recording.File);
        file.Should().NotContain(Key);
        Entry(recording).RequestBody.Should().Match(static text => text == null || text.Contains("redacted-"));
    }

    [Fact]
    public async Task Record_SecretsInTheQueryAndInHeaders_AreNowhereInTheFile()
    {
        await using var upstream = await StartAsync(static context => context.Response.WriteAsync("ok"));
        await using var recording = await RecordingHost.StartAsync(new Uri(upstream.Urls.Single()), withHttp: true);
        using var http = new HttpClient { BaseAddress = recording.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/user/info?page=2&api_key={Key}");
        request.Headers.Add("X-GitHub-Token", Key);

        using var response = await http.SendAsync(request).WaitAsync(TestLimits.Step);
        await recording.StopAsync();

        File.ReadAllText(recording.File).Should().NotContain(Key).And.Contain("page=2&api_key=redacted-");
    }

    [Fact]
    public async Task Record_WhatAPersonWrote_Stays()
    {
        await using var upstream = await StartAsync(static context => context.Response.WriteAsync("""{"success":true}"""));
        await using var recording = await RecordingHost.StartAsync(new Uri(upstream.Urls.Single()), withHttp: true);
        using var http = new HttpClient { BaseAddress = recording.Address };
        using var content = new StringContent("""{"message":"what is a token?"}""", Encoding.UTF8, "application/json");

        var path = new Uri("/api/conversations/a/message", UriKind.Relative);
        using var response = await http.PostAsync(path, content).WaitAsync(TestLimits.Step);
        await recording.StopAsync();

        Entry(recording).RequestBody.Should().Be("""{"message":"what is a token?"}""");
        Entry(recording).ResponseBody.Should().Be("""{"success":true}""");
    }

    [Theory]
    [InlineData("application/json", 2_000_000)]
    [InlineData("text/javascript", 10)]
    [InlineData("application/zip", 10)]
    public async Task Record_ALargeBodyOrAFile_IsPassedOnAndLeftOut(string type, int length)
    {
        await using var upstream = await StartAsync(async context =>
        {
            context.Response.ContentType = type;
            await context.Response.WriteAsync(new string('x', length));
        });
        await using var recording = await RecordingHost.StartAsync(new Uri(upstream.Urls.Single()), withHttp: true);
        using var http = new HttpClient { BaseAddress = recording.Address };

        var answer = await http.GetStringAsync(new Uri("/any", UriKind.Relative)).WaitAsync(TestLimits.Step);
        await recording.StopAsync();

        answer.Should().HaveLength(length);
        Entry(recording).IsBodyLeftOut.Should().BeTrue();
        new FileInfo(recording.File).Length.Should().BeLessThan(10_000);
    }

    [Fact]
    public async Task Record_AnAnswerInPieces_ComesInPieces()
    {
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = await StartAsync(async context =>
        {
            await context.Response.WriteAsync("one");
            await context.Response.Body.FlushAsync();
            await goOn.Task.WaitAsync(TestLimits.Step);
            await context.Response.WriteAsync("two");
        });
        await using var recording = await RecordingHost.StartAsync(new Uri(upstream.Urls.Single()), withHttp: true);
        using var http = new HttpClient { BaseAddress = recording.Address };

        await using var answer = await http.GetStreamAsync(new Uri("/slowly", UriKind.Relative)).WaitAsync(TestLimits.Step);
        var first = new byte[3];
        await answer.ReadExactlyAsync(first).AsTask().WaitAsync(TestLimits.Step);
        goOn.SetResult();
        using var rest = new StreamReader(answer);
        var last = await rest.ReadToEndAsync().WaitAsync(TestLimits.Step);
        await recording.StopAsync();

        Encoding.UTF8.GetString(first).Should().Be("one");
        last.Should().Be("two");
        Entry(recording).ResponseBody.Should().Be("onetwo");
    }

    private static async Task<WebApplication> StartAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.Run(answer);
        await app.StartAsync().WaitAsync(TestLimits.Step);
        return app;
    }

    private static HarEntry Entry(RecordingHost recording)
    {
        using var text = File.OpenText(recording.File);
        return (HarReader.Read(text, out var problem) ?? throw new InvalidDataException(problem)).Entries.Single();
    }
}
